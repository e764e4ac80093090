//! The greeter's command line and its line about where it listens; the loops
//! are in greeter_tokio.rs and greeter_smol.rs.

use std::net::SocketAddr;

pub struct Options {
    pub listen: SocketAddr,
    port_file: Option<String>,
}

fn usage() -> ! {
    eprintln!("usage: [--listen ADDR:PORT] [--port-file FILE]");
    std::process::exit(2);
}

pub fn options() -> Options {
    let mut options = Options {
        listen: SocketAddr::from(([127, 0, 0, 1], 6142)),
        port_file: None,
    };
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().unwrap_or_else(|| usage());
        match name.as_str() {
            "--listen" => options.listen = value.parse().unwrap_or_else(|_| usage()),
            "--port-file" => options.port_file = Some(value),
            _ => usage(),
        }
    }
    options
}

/// Says, to people and to the file, which port it has become.
pub fn announce(options: &Options, addr: SocketAddr) -> std::io::Result<()> {
    println!("listening on port {}", addr.port());
    match &options.port_file {
        Some(file) => std::fs::write(file, format!("{}\n", addr.port())),
        None => Ok(()),
    }
}

/// As many connections may wait to be accepted as with the others: the
/// standard library asks for 128, and a client whose place is taken waits for
/// seconds.
#[allow(dead_code)] // Tokio asks for 1,024 by itself
pub fn deepen(listener: &impl std::os::unix::io::AsRawFd) -> std::io::Result<()> {
    // Safety: listening once more only changes the length of the queue.
    if unsafe { libc::listen(listener.as_raw_fd(), 1024) } < 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(())
}
