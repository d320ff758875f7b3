//! A port that accepts.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use super::{Look, detail};

pub(super) fn look(address: &str, limit: Duration) -> Look {
    let deadline = Instant::now() + limit;
    let places = address.to_socket_addrs();
    let places = places.map_err(|error| detail::reason(&error, limit))?;
    let mut fact = format!("{address} is no address");
    for place in places {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(detail::too_late(limit));
        }
        match TcpStream::connect_timeout(&place, left) {
            Ok(_) => return Ok(format!("{address} accepts")),
            Err(error) => fact = detail::reason(&error, limit),
        }
    }
    Err(fact)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_port_accepts_or_not() {
        let limit = Duration::from_secs(5);
        let open = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = open.local_addr().unwrap().to_string();
        assert_eq!(look(&address, limit), Ok(format!("{address} accepts")));
        drop(open);
        let refused = Err("connection refused".to_owned());
        assert_eq!(look(&address, limit), refused);
        assert!(look("no-such-host.invalid:80", limit).is_err());
    }
}
