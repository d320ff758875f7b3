/// What an exit code says, the same at the command line, in JSON, on HTTP and MCP (DESIGN §6).
#[derive(Debug, Clone, Copy)]
pub struct ExitPage {
    /// The code.
    pub code: u8,
    /// What it says.
    pub about: &'static str,
    /// What a caller does then.
    pub text: &'static str,
}

/// Every exit code.
pub const EXITS: &[ExitPage] = &[
    ExitPage {
        code: 0,
        about: "yes, or done",
        text: "What was asked for is so, or was done and is durable.",
    },
    ExitPage {
        code: 1,
        about: "a negative answer: nothing ready, findings, a check failed",
        text: "The command did its work and the answer is no. Nothing is broken.",
    },
    ExitPage {
        code: 2,
        about: "wrong use",
        text: "The command line makes no sense, or names what does not exist; nothing was looked \
               at. Do not try it again unchanged.",
    },
    ExitPage {
        code: 3,
        about: "conflict: someone else holds it; waiting may help",
        text: "A task, lane, group, path or lock is held, and the message names the holder and the \
               time. Take other work, or try again later.",
    },
    ExitPage {
        code: 4,
        about: "refused: a rule says no",
        text: "Waiting alone does not help. The message names the gate; `laneway explain GATE` \
               says which key decides and the ways out.",
    },
    ExitPage {
        code: 5,
        about: "rules, plan or ledger cannot be read",
        text: "Governance files or the ledger do not read, or were rewritten. `laneway validate` \
               shows every finding, `laneway doctor` what is wrong with the repository.",
    },
    ExitPage {
        code: 6,
        about: "the remote was not reached, or did not confirm in time",
        text: "Where the remote was not reached, nothing was changed. Where it did not confirm, the \
               hint names the command that settles the request; it is carried out once.",
    },
    ExitPage {
        code: 7,
        about: "internal, or a file cannot be read or written",
        text: "Disk, permissions, git, or a mistake in laneway. What was acknowledged before is \
               safe; `laneway doctor` says what was left behind.",
    },
];
