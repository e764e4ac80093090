//! The greeter on smol, one thread.

mod greet;

use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::{TcpListener, TcpStream};
use smol::LocalExecutor;
use std::str;

async fn handle(mut socket: TcpStream) -> std::io::Result<()> {
    socket.write_all(b"Who are you?\n").await?;
    let mut buf = [0; 1024];
    let n = socket.read(&mut buf).await?;
    // smol lets a panic of a task through to whoever runs the executor; as
    // with the others it shall end this client alone.
    let name = match str::from_utf8(&buf[..n]) {
        Ok(name) => name,
        Err(_) => return Ok(()),
    };
    let reply = format!("Thanks for dialing in, {}!\n", name.trim());
    socket.write_all(reply.as_bytes()).await
}

async fn serve(ex: &LocalExecutor<'_>) -> std::io::Result<()> {
    let options = greet::options();
    let listener = TcpListener::bind(options.listen).await?;
    greet::deepen(&listener)?;
    greet::announce(&options, listener.local_addr()?)?;
    loop {
        let (socket, peer) = listener.accept().await?;
        println!("connection from {peer}");
        let client = ex.spawn(async {
            if let Err(e) = handle(socket).await {
                println!("socket error: {e}");
            }
        });
        client.detach();
    }
}

fn main() -> std::io::Result<()> {
    let ex = LocalExecutor::new();
    smol::block_on(ex.run(serve(&ex)))
}
