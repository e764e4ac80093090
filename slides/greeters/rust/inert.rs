//! When does an async function begin? In Rust: when its future is polled.

// DOC: inert-rust
async fn greet() {
    println!("greet runs");
}

fn main() {
    println!("before the call");
    let future = greet(); // nothing runs
    println!("after the call");
    smol::block_on(future); // it runs
}
// END: inert-rust
