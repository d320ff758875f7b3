//! An HTTP address that answers 200, with JSON in which some values are among those accepted.
//!
//! No proxy, no redirect, no cookie, no reuse: the address is asked itself, once. The limit counts
//! for the whole exchange, looking the name up included. There is no TLS in here: what asks an
//! `https://` address is a command, such as `curl -fsS`, which knows the machine's certificates.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use ureq::{Agent, Error};

use super::{Look, detail};

/// Most bytes of an answer.
const MAX_BODY: u64 = 1 << 20;

pub(super) fn look(url: &str, json: &BTreeMap<String, Vec<String>>, limit: Duration) -> Look {
    if url.starts_with("https://") {
        let fact = "https is not spoken here: ask with a probe such as `command: curl -fsS …`";
        return Err(fact.to_owned());
    }
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(limit))
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .max_idle_connections(0)
        .user_agent(concat!("laneway/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let mut answer = agent.get(url).call().map_err(|error| fact(error, limit))?;
    let status = answer.status().as_u16();
    if status != 200 {
        return Err(format!("HTTP {status}"));
    }
    if json.is_empty() {
        return Ok("HTTP 200".to_owned());
    }
    let body = answer
        .body_mut()
        .with_config()
        .limit(MAX_BODY)
        .read_to_vec();
    let body = body.map_err(|error| fact(error, limit))?;
    let value: Value =
        serde_json::from_slice(&body).map_err(|error| format!("the answer is no JSON: {error}"))?;
    let unmet: Vec<String> = json
        .iter()
        .filter_map(|(path, accepted)| unmet(&value, path, accepted))
        .collect();
    if unmet.is_empty() {
        let count = json.len();
        let plural = if count == 1 { "" } else { "s" };
        Ok(format!("HTTP 200, {count} condition{plural} met"))
    } else {
        Err(unmet.join("; "))
    }
}

/// Why there is no answer.
fn fact(error: Error, limit: Duration) -> String {
    match error {
        Error::Timeout(_) => detail::too_late(limit),
        Error::Io(error) => detail::reason(&error, limit),
        // It would repeat the address, which may hold a password.
        Error::BadUri(_) => "the address does not read".to_owned(),
        Error::HostNotFound => "the host is not known".to_owned(),
        Error::BodyExceedsLimit(_) => format!("the answer has more than {MAX_BODY} bytes"),
        other => other.to_string(),
    }
}

/// What is wrong with the value at a path, where it is none of those accepted. The value is not
/// told: the answer may hold secrets, and what was seen goes on record.
fn unmet(answer: &Value, path: &str, accepted: &[String]) -> Option<String> {
    let wants = accepted.join(", ");
    let found = match at(answer, path) {
        None => return Some(format!("{path} is missing, wants {wants}")),
        Some(Value::Array(_)) => return Some(format!("{path} is a list, wants {wants}")),
        Some(Value::Object(_)) => return Some(format!("{path} is a mapping, wants {wants}")),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let one_of = if accepted.len() == 1 { "" } else { "one of " };
    (!accepted.contains(&found)).then(|| format!("{path} is not {one_of}{wants}"))
}

/// The value at a dotted path; a step is a key, which may have dots itself, or a place in a list.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if let Some(found) = step(value, path) {
        return Some(found);
    }
    let dots = path.match_indices('.').rev();
    dots.filter_map(|(dot, _)| at(step(value, &path[..dot])?, &path[dot + 1..]))
        .next()
}

fn step<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => value.get(name),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// The address of a server that gives this answer once.
    fn server(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/health", listener.local_addr().unwrap());
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            drop(stream.read(&mut request));
            drop(stream.write_all(answer.as_bytes()));
        });
        url
    }

    fn json(conditions: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let conditions = conditions.iter();
        conditions
            .map(|(path, accepted)| ((*path).to_owned(), owned(accepted)))
            .collect()
    }

    fn look_at(answer: &'static str, conditions: &[(&str, &[&str])]) -> Look {
        look(&server(answer), &json(conditions), Duration::from_secs(10))
    }

    const STARTING: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"services\": {\"s3\": \"starting\", \"n\": 3, \"up\": true, \"a.b\": \"x\"}, \"l\": [1]}";

    #[test]
    fn an_answer_meets_its_conditions_or_the_first_fact_is_named() {
        let met: &[(&str, &[&str])] = &[
            ("services.n", &["3"]),
            ("services.up", &["true"]),
            ("services.a.b", &["x"]),
            ("l.0", &["1"]),
        ];
        assert_eq!(
            look_at(STARTING, met),
            Ok("HTTP 200, 4 conditions met".to_owned())
        );
        let fact = look_at(STARTING, &[("services.s3", &["running", "available"])]);
        let says = "services.s3 is not one of running, available";
        assert_eq!(fact, Err(says.to_owned()));
        let fact = look_at(STARTING, &[("services.up", &["false"])]);
        assert_eq!(fact, Err("services.up is not false".to_owned()));
        let fact = look_at(
            STARTING,
            &[("services.sqs", &["running"]), ("l", &["a list"])],
        );
        let says = "l is a list, wants a list; services.sqs is missing, wants running";
        assert_eq!(fact, Err(says.to_owned()));
    }

    #[test]
    fn other_answers_are_a_no() {
        let plain = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(look_at(plain, &[]), Err("HTTP 503".to_owned()));
        let away =
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(look_at(away, &[]), Err("HTTP 302".to_owned()));
        let broken = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"services\": ";
        let fact = look_at(broken, &[("services", &["x"])]).unwrap_err();
        assert!(fact.starts_with("the answer is no JSON: "), "{fact}");
        assert!(look_at("nonsense\r\n\r\n", &[]).is_err());
        assert!(look_at("", &[]).is_err());
        let fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        assert_eq!(look_at(fine, &[]), Ok("HTTP 200".to_owned()));
    }

    #[test]
    fn a_closed_port_a_foreign_name_and_tls_are_a_no() {
        let limit = Duration::from_secs(10);
        let none = BTreeMap::new();
        let closed = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", closed.local_addr().unwrap());
        drop(closed);
        assert_eq!(
            look(&url, &none, limit),
            Err("connection refused".to_owned())
        );
        assert!(look("http://no-such-host.invalid/", &none, limit).is_err());
        let fact = look("https://127.0.0.1/", &none, limit).unwrap_err();
        assert!(fact.contains("curl"), "{fact}");
        for url in [
            "http://me:hush@",
            "http://me:hush@[",
            "me:hush@db",
            "http://me:hush@a.invalid/",
        ] {
            let fact = look(url, &none, limit).unwrap_err();
            assert!(!fact.contains("hush"), "{fact}");
        }
    }

    #[test]
    fn an_answer_without_end_is_cut() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
            drop(stream.write_all(head.as_bytes()));
            while stream.write_all(&[b' '; 65_536]).is_ok() {}
        });
        let fact = look(&url, &json(&[("a", &["b"])]), Duration::from_secs(20)).unwrap_err();
        assert!(fact.contains("bytes"), "{fact}");
    }
}
