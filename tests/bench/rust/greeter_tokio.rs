//! The greeter on Tokio, one thread.

mod greet;

use std::str;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn handle(mut socket: TcpStream) -> std::io::Result<()> {
    socket.write_all(b"Who are you?\n").await?;
    let mut buf = [0; 1024];
    let n = socket.read(&mut buf).await?;
    let name = str::from_utf8(&buf[..n]).unwrap().trim();
    let reply = format!("Thanks for dialing in, {name}!\n");
    socket.write_all(reply.as_bytes()).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let options = greet::options();
    let listener = TcpListener::bind(options.listen).await?;
    greet::announce(&options, listener.local_addr()?)?;
    loop {
        let (socket, peer) = listener.accept().await?;
        println!("connection from {peer}");
        tokio::spawn(async move {
            if let Err(e) = handle(socket).await {
                println!("socket error: {e}");
            }
        });
    }
}
