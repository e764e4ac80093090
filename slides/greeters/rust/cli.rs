//! What the three greeters share and no runtime has a part in: the texts, the
//! command line, and what is said at the beginning and at the end.

use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, io, process};

pub const PROMPT: &[u8] = b"Who are you?\n";
pub const NAME_BYTES: usize = 1024; // the most that the one read takes

/// How long to leave a listener alone that ran out of descriptors or memory.
pub const REST: Duration = Duration::from_millis(100);

#[derive(Clone, Copy)]
pub struct Options {
    pub listen: SocketAddr,
    /// How long one conversation may take.
    pub idle_timeout: Duration,
    /// How long clients may go on after a stop signal.
    pub grace: Duration,
    /// The handler with three copies of the error branch, instead of the one
    /// that returns it.
    pub inline: bool,
}

fn usage(problem: &str) -> ! {
    eprintln!(
        "greeter: {problem}\nusage: [--listen ADDR:PORT] [--idle-timeout \
         TIME] [--grace TIME] [--handler inline|named]\n\
         TIME is such as 250ms, 2s or 5m; port 0 picks one"
    );
    process::exit(2);
}

fn duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1000,
        "m" => 60 * 1000,
        _ => return None,
    };
    let count: u32 = digits.parse().ok()?;
    Some(Duration::from_millis(u64::from(count) * unit))
}

/// The command line. `inline`: whether this greeter has that handler, too.
pub fn options(inline: bool) -> Options {
    let mut options = Options {
        listen: SocketAddr::from(([127, 0, 0, 1], 6142)),
        // A century. The longest Duration there is overflows some clocks.
        idle_timeout: Duration::from_secs(100 * 365 * 24 * 60 * 60),
        grace: Duration::from_secs(2),
        inline: false,
    };
    let mut args = env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().unwrap_or_else(|| {
            usage(&format!("{name}: a value is missing"))
        });
        let bad = || -> ! { usage(&format!("{name}: not '{value}'")) };
        match name.as_str() {
            "--listen" => {
                options.listen = value.parse().unwrap_or_else(|_| bad());
            }
            "--idle-timeout" => {
                options.idle_timeout =
                    duration(&value).unwrap_or_else(|| bad());
            }
            "--grace" => {
                options.grace = duration(&value).unwrap_or_else(|| bad());
            }
            "--handler" if value == "named" => options.inline = false,
            "--handler" if value == "inline" && inline => {
                options.inline = true;
            }
            "--handler" => bad(),
            _ => usage(&format!("{name}: there is no such option")),
        }
    }
    options
}

/// Says where newcomers are welcome.
pub fn announce(addr: SocketAddr) {
    println!("listening on port {}", addr.port());
}

/// Says why the greeter could not go on, and gives its exit status.
pub fn end(options: &Options, result: io::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("greeter: {}: {e}", options.listen);
            ExitCode::FAILURE
        }
    }
}

/// Whether accept failed for want of descriptors or memory (ENFILE, EMFILE,
/// ENOBUFS, ENOMEM), which comes back when a client goes. The client itself
/// may have gone (ECONNABORTED): that is no reason to end, either.
pub fn is_passing(e: &io::Error) -> bool {
    e.kind() == io::ErrorKind::ConnectionAborted
        || matches!(e.raw_os_error(), Some(23 | 24 | 105 | 12))
}

pub fn complain(e: &io::Error) {
    eprintln!("greeter: accept: {e}: newcomers wait");
}

/// A byte can be read here for each SIGINT and SIGTERM. For runtimes that
/// have no signals of their own.
pub fn stop_signals() -> io::Result<UnixStream> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::low_level::pipe::register;

    let (receiver, sender) = UnixStream::pair()?;
    register(SIGINT, sender.try_clone()?)?;
    register(SIGTERM, sender)?;
    Ok(receiver)
}
