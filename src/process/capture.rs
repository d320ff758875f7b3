use std::collections::VecDeque;

/// One of a child's two output streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// The kept end of an output stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captured {
    /// The last bytes of the stream.
    pub bytes: Vec<u8>,
    /// Bytes the child wrote in all.
    pub total: u64,
    /// Whether the beginning was dropped.
    pub truncated: bool,
}

impl Captured {
    /// The kept bytes as text, broken characters replaced, without surrounding white space.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).trim().to_owned()
    }
}

/// A bounded buffer that keeps the tail of what is pushed.
#[derive(Debug)]
pub(super) struct Tail {
    kept: VecDeque<u8>,
    cap: usize,
    total: u64,
}

impl Tail {
    pub(super) fn new(cap: usize) -> Self {
        Self {
            kept: VecDeque::new(),
            cap,
            total: 0,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let bytes = &bytes[bytes.len().saturating_sub(self.cap)..];
        let excess = (self.kept.len() + bytes.len()).saturating_sub(self.cap);
        self.kept.drain(..excess);
        self.kept.extend(bytes);
    }

    pub(super) fn finish(self) -> Captured {
        let bytes = Vec::from(self.kept);
        Captured {
            truncated: self.total > bytes.len() as u64,
            total: self.total,
            bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_keeps_the_last_bytes_and_counts_all() {
        let mut tail = Tail::new(4);
        tail.push(b"abc");
        tail.push(b"def");
        tail.push(b"0123456789");
        tail.push(b"z");
        let captured = tail.finish();
        assert_eq!(
            (captured.bytes.as_slice(), captured.total),
            (&b"789z"[..], 17)
        );
        assert!(captured.truncated);
    }
}
