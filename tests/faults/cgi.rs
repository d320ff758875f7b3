//! A small HTTP server around `git http-backend`: one thread per connection, one request per
//! connection.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::servers::command;

/// A server under way.
#[derive(Debug)]
pub struct Cgi {
    port: u16,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    over: AtomicBool,
    /// Process ids of the programs under way; each leads a group.
    programs: Mutex<Vec<u32>>,
    connections: Mutex<Vec<TcpStream>>,
}

impl Cgi {
    /// Serves the repositories below `root`.
    pub fn start(root: &Path, port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let shared = Arc::new(Shared {
            root: root.to_owned(),
            over: AtomicBool::new(false),
            programs: Mutex::default(),
            connections: Mutex::default(),
        });
        let seen = Arc::clone(&shared);
        let accepting = std::thread::spawn(move || accept(&listener, &seen));
        Self {
            port,
            shared,
            accepting: Some(accepting),
        }
    }

    /// Ends it as a crash would: programs are killed, connections cut, the port is closed.
    pub fn kill(&mut self) {
        let Some(accepting) = self.accepting.take() else {
            return;
        };
        self.shared.over.store(true, Ordering::SeqCst);
        for program in self.shared.programs.lock().unwrap().drain(..) {
            if let Some(group) = Pid::from_raw(program.cast_signed()) {
                let _ = kill_process_group(group, Signal::KILL);
            }
        }
        for connection in self.shared.connections.lock().unwrap().drain(..) {
            drop(connection.shutdown(Shutdown::Both));
        }
        // Wakes the thread that accepts.
        drop(TcpStream::connect(SocketAddr::from((
            Ipv4Addr::LOCALHOST,
            self.port,
        ))));
        accepting.join().unwrap();
    }
}

impl Drop for Cgi {
    fn drop(&mut self) {
        self.kill();
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for connection in listener.incoming() {
        if shared.over.load(Ordering::SeqCst) {
            return;
        }
        let Ok(connection) = connection else { continue };
        if let Ok(held) = connection.try_clone() {
            shared.connections.lock().unwrap().push(held);
        }
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            // A client that goes away amid a request is no concern of the server.
            drop(answer(&connection, &shared));
            drop(connection.shutdown(Shutdown::Both));
        });
    }
}

/// One request.
struct Request {
    method: String,
    path: String,
    query: String,
    /// Names in lower case.
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

fn answer(connection: &TcpStream, shared: &Shared) -> io::Result<()> {
    let Some(request) = read_request(connection)? else {
        return Ok(());
    };
    let output = run(&request, shared)?;
    let (status, head, body) = parted(&output);
    let mut writer = connection;
    write!(writer, "HTTP/1.1 {status}\r\n{head}")?;
    write!(
        writer,
        "Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    writer.write_all(body)
}

fn read_request(connection: &TcpStream) -> io::Result<Option<Request>> {
    let mut reader = BufReader::new(connection);
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut words = first.split_ascii_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = read_headers(&mut reader)?;
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|text| text == value);
    if is("expect", "100-continue") {
        let mut writer = connection;
        writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let body = if is("transfer-encoding", "chunked") {
        read_chunks(&mut reader)?
    } else {
        let length = headers.get("content-length");
        let length = length.and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        body
    };
    Ok(Some(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body,
    }))
}

fn read_headers(reader: &mut impl BufRead) -> io::Result<BTreeMap<String, String>> {
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => {
                headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
            }
            None => return Ok(headers),
        }
    }
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        reader.read_line(&mut size)?;
        let size = size.trim_end().split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
        let begin = body.len();
        body.resize(begin + size, 0);
        reader.read_exact(&mut body[begin..])?;
        reader.read_line(&mut String::new())?;
        if size == 0 {
            return Ok(body);
        }
    }
}

/// Runs `git http-backend` on a request; what it printed.
fn run(request: &Request, shared: &Shared) -> io::Result<Vec<u8>> {
    let mut program = command("git", &shared.root);
    std::os::unix::process::CommandExt::process_group(&mut program, 0);
    program
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", &shared.root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", &request.method)
        .env("PATH_INFO", &request.path)
        .env("QUERY_STRING", &request.query)
        .env("REMOTE_ADDR", "127.0.0.1")
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    for (header, variable) in [
        ("content-type", "CONTENT_TYPE"),
        ("content-encoding", "HTTP_CONTENT_ENCODING"),
        ("git-protocol", "GIT_PROTOCOL"),
    ] {
        if let Some(value) = request.headers.get(header) {
            program.env(variable, value);
        }
    }
    let mut child = {
        let mut programs = shared.programs.lock().unwrap();
        if shared.over.load(Ordering::SeqCst) {
            return Err(io::Error::other("the server is gone"));
        }
        let child = program.spawn()?;
        programs.push(child.id());
        child
    };
    let pid = child.id();
    let mut input = child.stdin.take();
    std::thread::scope(|scope| {
        scope.spawn(move || input.take().map(|mut input| input.write_all(&request.body)));
        let output = child.wait_with_output()?;
        shared.programs.lock().unwrap().retain(|held| *held != pid);
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(io::Error::other("the program failed"))
        }
    })
}

/// The status, the other headers with their line ends, and the body of what a CGI program printed.
fn parted(output: &[u8]) -> (String, String, &[u8]) {
    let mut status = "200 OK".to_owned();
    let mut head = String::new();
    let mut rest = output;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(&rest[..end]);
        let line = line.trim_end();
        rest = &rest[end + 1..];
        if line.is_empty() {
            break;
        }
        match line.strip_prefix("Status: ") {
            Some(text) => status = text.to_owned(),
            None => head.push_str(&format!("{line}\r\n")),
        }
    }
    (status, head, rest)
}

#[test]
fn chunks_become_a_body() {
    let mut text: &[u8] = b"4\r\nabcd\r\n3;x=y\r\nefg\r\n0\r\n\r\n";
    assert_eq!(read_chunks(&mut text).unwrap(), b"abcdefg");
}

#[test]
fn the_head_of_a_program_is_parted_from_its_body() {
    let output = b"Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\nno\n";
    let (status, head, body) = parted(output);
    assert_eq!(status, "404 Not Found");
    assert_eq!(head, "Content-Type: text/plain\r\n");
    assert_eq!(body, b"no\n");
}
