//! When does an async function begin? In Rust: when its future is polled.

// DOC: inert-rust
async fn greet() {
    println!("greet runs");
}

fn main() {
    println!("before the call");
    let future = greet(); // a value: nothing runs yet
    println!("after the call");
    smol::block_on(future); // polls it
}
// END: inert-rust
