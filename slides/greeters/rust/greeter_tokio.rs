//! The greeter on Tokio, one thread.
//!
//! `--handler inline` talks to clients with the block that one writes first,
//! `--handler named` (what runs by default) with the function that it becomes.

use cli::{Options, NAME_BYTES, PROMPT};
use std::future::Future;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::{io, str};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{signal, Signal, SignalKind};
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;

// DOC: tokio-greet
async fn greet(mut socket: TcpStream) -> io::Result<()> {
    socket.write_all(PROMPT).await?;
    let mut buf = [0; NAME_BYTES];
    let n = socket.read(&mut buf).await?;
    let name = str::from_utf8(&buf[..n]).unwrap().trim();
    let reply = format!("Thanks for dialing in, {name}!\n");
    socket.write_all(reply.as_bytes()).await
}
// END: tokio-greet

/// The same before anybody gave it a name: says its errors itself.
fn inline(mut socket: TcpStream) -> impl Future<Output = io::Result<()>> {
    async move {
        let mut buf = [0; NAME_BYTES];
        // DOC: tokio-inline
        if let Err(e) = socket.write_all(PROMPT).await {
            println!("socket error: {e}");
            return Ok(());
        }
        let n = match socket.read(&mut buf).await {
            Ok(n) => n,
            Err(e) => {
                println!("socket error: {e}");
                return Ok(());
            }
        };
        // END: tokio-inline
        // DOC: tokio-inline-reply
        let name = str::from_utf8(&buf[..n]).unwrap().trim();
        let reply = format!("Thanks for dialing in, {name}!\n");
        if let Err(e) = socket.write_all(reply.as_bytes()).await {
            println!("socket error: {e}");
        }
        Ok(())
        // END: tokio-inline-reply
    }
}

/// A conversation under a time limit; what loses the race is dropped.
async fn limited(
    talk: impl Future<Output = io::Result<()>>,
    peer: SocketAddr,
    options: Options,
) -> io::Result<()> {
    // DOC: tokio-race
    tokio::select! {
        biased;
        end = talk => end,
        _ = sleep(options.idle_timeout) => {
            println!("timed out: {peer}");
            Ok(())
        }
    }
    // END: tokio-race
}

async fn client(
    socket: TcpStream,
    peer: SocketAddr,
    options: Options,
) -> io::Result<()> {
    if options.inline {
        limited(inline(socket), peer, options).await
    } else {
        limited(greet(socket), peer, options).await
    }
}

/// A client's task is complete: say what it could not say itself.
fn farewell(end: Result<io::Result<()>, JoinError>) {
    // DOC: tokio-farewell
    match end {
        Ok(Ok(())) => (),
        Ok(Err(e)) => println!("socket error: {e}"),
        Err(panic) => eprintln!("greeter: a client failed: {panic}"),
    }
    // END: tokio-farewell
}

/// Who comes next. Out of descriptors, it rests and tries again.
async fn accept(
    listener: &TcpListener,
) -> io::Result<(TcpStream, SocketAddr)> {
    loop {
        match listener.accept().await {
            Err(e) if cli::is_passing(&e) => {
                cli::complain(&e);
                sleep(cli::REST).await;
            }
            end => return end,
        }
    }
}

struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn new() -> io::Result<Stop> {
        Ok(Stop {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => (),
            _ = self.terminate.recv() => (),
        }
    }
}

async fn serve(options: Options) -> io::Result<()> {
    let mut stop = Stop::new()?;
    let mut clients = JoinSet::new();
    let listener = TcpListener::bind(options.listen).await?;
    cli::announce(listener.local_addr()?);

    // DOC: tokio-accept
    loop {
        tokio::select! {
            biased;
            _ = stop.next() => break,
            Some(end) = clients.join_next() => farewell(end),
            newcomer = accept(&listener) => {
                let (socket, peer) = newcomer?;
                println!("connection from {peer}");
                clients.spawn(client(socket, peer, options));
            }
        }
    }
    // END: tokio-accept

    drop(listener);
    let grace = sleep(options.grace);
    tokio::pin!(grace);
    loop {
        tokio::select! {
            biased;
            _ = stop.next() => break,
            _ = &mut grace => break,
            end = clients.join_next() => match end {
                Some(end) => farewell(end),
                None => break,
            },
        }
    }
    Ok(()) // the set is dropped: whoever is left is aborted
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = cli::options(true);
    cli::end(&options, serve(options).await)
}
