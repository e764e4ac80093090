//! The greeter on async-std, whose tasks run on a pool of threads.

use async_std::future::timeout;
use async_std::io::{ReadExt, WriteExt};
use async_std::net::{TcpListener, TcpStream};
use async_std::os::unix::net::UnixStream;
use async_std::task;
use cli::{Options, NAME_BYTES, PROMPT};
use futures_lite::future::or;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::{io, str};

// DOC: async-std-greet
async fn greet(mut socket: TcpStream) -> io::Result<()> {
    socket.write_all(PROMPT).await?;
    let mut buf = [0; NAME_BYTES];
    let n = socket.read(&mut buf).await?;
    let name = str::from_utf8(&buf[..n]).unwrap().trim();
    let reply = format!("Thanks for dialing in, {name}!\n");
    socket.write_all(reply.as_bytes()).await
}
// END: async-std-greet

/// A conversation under a time limit.
async fn limited(
    socket: TcpStream,
    peer: SocketAddr,
    options: Options,
) -> io::Result<()> {
    // DOC: async-std-race
    match timeout(options.idle_timeout, greet(socket)).await {
        Ok(end) => end,
        Err(_) => {
            println!("timed out: {peer}"); // and the other is dropped
            Ok(())
        }
    }
    // END: async-std-race
}

/// The root of a client's task: says what the conversation returned. A panic
/// ends this task alone: the threads of the pool catch it.
async fn client(socket: TcpStream, peer: SocketAddr, options: Options) {
    if let Err(e) = limited(socket, peer, options).await {
        println!("socket error: {e}");
    }
}

/// Who comes next. Out of descriptors, it rests and tries again.
async fn accept(
    listener: &TcpListener,
) -> io::Result<(TcpStream, SocketAddr)> {
    loop {
        match listener.accept().await {
            Err(e) if cli::is_passing(&e) => {
                cli::complain(&e);
                task::sleep(cli::REST).await;
            }
            end => return end,
        }
    }
}

async fn serve(options: Options) -> io::Result<()> {
    let signals = UnixStream::from(cli::stop_signals()?);
    let stop = || async { (&signals).read(&mut [0]).await.map(drop) };
    // Each client holds a sender: with the last of them the channel closes.
    let (alive, all_gone) = async_std::channel::bounded::<()>(1);
    let listener = TcpListener::bind(options.listen).await?;
    cli::announce(listener.local_addr()?);

    let newcomers = async {
        // DOC: async-std-accept
        loop {
            let (socket, peer) = accept(&listener).await?;
            println!("connection from {peer}");
            let alive = alive.clone();
            task::spawn(async move {
                client(socket, peer, options).await;
                drop(alive);
            });
        }
        // END: async-std-accept
    };
    or(stop(), newcomers).await?;

    drop((listener, alive));
    let last = async {
        let _ = all_gone.recv().await;
        Ok(())
    };
    let last = timeout(options.grace, last);
    or(stop(), async { last.await.unwrap_or(Ok(())) }).await
} // the program ends, and with it whoever is left

fn main() -> ExitCode {
    let options = cli::options(false);
    cli::end(&options, task::block_on(serve(options)))
}
