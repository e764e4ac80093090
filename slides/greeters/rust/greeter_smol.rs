//! The greeter on smol, one thread.

use cli::{Options, NAME_BYTES, PROMPT};
use futures_lite::FutureExt; // catch_unwind
use smol::future::or;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::{TcpListener, TcpStream};
use smol::{Async, LocalExecutor, Timer};
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::{io, str};

// DOC: smol-greet
async fn greet(mut socket: TcpStream) -> io::Result<()> {
    socket.write_all(PROMPT).await?;
    let mut buf = [0; NAME_BYTES];
    let n = socket.read(&mut buf).await?;
    let name = str::from_utf8(&buf[..n]).unwrap().trim();
    let reply = format!("Thanks for dialing in, {name}!\n");
    socket.write_all(reply.as_bytes()).await
}
// END: smol-greet

/// A conversation under a time limit.
async fn limited(
    socket: TcpStream,
    peer: SocketAddr,
    options: Options,
) -> io::Result<()> {
    // DOC: smol-race
    let limit = async {
        Timer::after(options.idle_timeout).await;
        println!("timed out: {peer}");
        Ok(())
    };
    or(greet(socket), limit).await // and the loser is dropped
                                   // END: smol-race
}

/// The root of a client's task. A panic of a task reaches whoever runs the
/// executor, and would end all: it is caught here.
async fn client(socket: TcpStream, peer: SocketAddr, options: Options) {
    let talk = AssertUnwindSafe(limited(socket, peer, options));
    match talk.catch_unwind().await {
        Ok(Ok(())) => (),
        Ok(Err(e)) => println!("socket error: {e}"),
        Err(_) => eprintln!("greeter: a client failed: it panicked"),
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
                Timer::after(cli::REST).await;
            }
            end => return end,
        }
    }
}

async fn serve(ex: &LocalExecutor<'_>, options: Options) -> io::Result<()> {
    let signals = Async::new(cli::stop_signals()?)?;
    let stop = || async { (&signals).read(&mut [0]).await.map(drop) };
    // Each client holds a sender: with the last of them the channel closes.
    let (alive, all_gone) = smol::channel::bounded::<()>(1);
    let listener = TcpListener::bind(options.listen).await?;
    cli::announce(listener.local_addr()?);

    let newcomers = async {
        // DOC: smol-accept
        loop {
            let (socket, peer) = accept(&listener).await?;
            println!("connection from {peer}");
            let alive = alive.clone();
            let task = ex.spawn(async move {
                client(socket, peer, options).await;
                drop(alive);
            });
            task.detach();
        }
        // END: smol-accept
    };
    or(stop(), newcomers).await?;

    drop((listener, alive));
    let grace = async {
        Timer::after(options.grace).await;
        Ok(())
    };
    let last = async {
        let _ = all_gone.recv().await;
        Ok(())
    };
    or(stop(), or(grace, last)).await
} // the executor is dropped: whoever is left is aborted

fn main() -> ExitCode {
    let options = cli::options(false);
    let ex = LocalExecutor::new();
    let result = smol::block_on(ex.run(serve(&ex, options)));
    cli::end(&options, result)
}
