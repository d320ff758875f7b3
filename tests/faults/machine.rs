//! What this machine can do, and how long the tests shall run.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Something that not every machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A program on the search path, or at an absolute path.
    Program(&'static str),
    /// Network namespaces with cables between them.
    Namespaces,
    /// Disk images that can be mounted.
    LoopMounts,
    /// Memory file systems that can be mounted.
    Mounts,
    /// `ptrace`, for strace.
    Ptrace,
    /// A view of every process of the kernel: not from a container.
    AllProcesses,
    /// MiniStack, an emulator of AWS: at `LANEWAY_TEST_MINISTACK`, or on the search path.
    Emulator,
    /// The YAML language server of editors: at `LANEWAY_TEST_YAML_SERVER`, or on the search path.
    YamlServer,
    /// The JSON Schema of SARIF 2.1.0: the file at `LANEWAY_TEST_SARIF_SCHEMA`.
    SarifSchema,
    /// A git that makes repositories with a reftable.
    Reftable,
}

/// Whether the machine has all of it. If not, the caller returns: the test is skipped, and says so.
///
/// # Panics
/// In CI when a program is missing: installing it was `.ci/run`'s work.
#[must_use]
pub fn has(test: &str, needs: &[Need]) -> bool {
    let Some(missing) = needs.iter().find(|need| !need.is_met()) else {
        return true;
    };
    let installable = matches!(
        missing,
        Need::Program(_) | Need::Emulator | Need::YamlServer | Need::SarifSchema
    );
    assert!(
        !(installable && in_ci()),
        "{test}: {missing:?} is missing, and CI installs it"
    );
    // Straight to the stream: the harness swallows what `eprintln!` says in a test that passes.
    let notice = format!("\nNOTICE: {test} skipped: {missing:?} is not to be had here\n");
    drop(std::io::stderr().write_all(notice.as_bytes()));
    false
}

/// The number of rounds: the first for every test run, the second for `make soak`.
#[must_use]
pub fn rounds(short: usize, long: usize) -> usize {
    match std::env::var_os("LANEWAY_SOAK") {
        Some(value) if !value.is_empty() && value != "0" => long,
        _ => short,
    }
}

fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false" && value != "0")
}

impl Need {
    fn is_met(self) -> bool {
        static NAMESPACES: OnceLock<bool> = OnceLock::new();
        static LOOPS: OnceLock<bool> = OnceLock::new();
        static MOUNTS: OnceLock<bool> = OnceLock::new();
        static PTRACE: OnceLock<bool> = OnceLock::new();
        static REFTABLE: OnceLock<bool> = OnceLock::new();
        match self {
            Self::Program(name) => on_path(name),
            Self::Emulator => emulator().is_some(),
            Self::YamlServer => yaml_server().is_some(),
            Self::SarifSchema => sarif_schema().is_some(),
            Self::Namespaces => *NAMESPACES.get_or_init(|| {
                let name = format!("lw-try-{}", std::process::id());
                shell(&format!(
                    "ip netns add {name} && ip link add {name} type veth peer name {name}b \
                     && ip link del {name}; s=$?; ip netns del {name}; exit $s"
                ))
            }),
            Self::LoopMounts => *LOOPS.get_or_init(|| {
                shell(
                    "d=$(mktemp -d) && truncate -s 8M $d/i && mkfs.ext4 -q $d/i && mkdir $d/m \
                     && mount -o loop $d/i $d/m && umount $d/m; s=$?; rm -rf $d; exit $s",
                )
            }),
            Self::Mounts => *MOUNTS.get_or_init(|| {
                shell(
                    "d=$(mktemp -d) && mount -t tmpfs -o size=64k laneway $d && umount $d; \
                     s=$?; rmdir $d; exit $s",
                )
            }),
            Self::AllProcesses => std::fs::read_link("/proc/self/ns/pid")
                .is_ok_and(|namespace| namespace.as_os_str() == "pid:[4026531836]"),
            Self::Ptrace => *PTRACE.get_or_init(|| shell("strace -o /dev/null true")),
            Self::Reftable => *REFTABLE.get_or_init(|| {
                shell(
                    "d=$(mktemp -d) && git init -q --bare --ref-format=reftable $d; \
                     s=$?; rm -rf $d; exit $s",
                )
            }),
        }
    }
}

/// The YAML language server, where there is one.
pub fn yaml_server() -> Option<String> {
    let named = std::env::var("LANEWAY_TEST_YAML_SERVER");
    let program = named.unwrap_or_else(|_| "yaml-language-server".to_owned());
    on_path(&program).then_some(program)
}

/// The JSON Schema of SARIF, where there is one.
pub fn sarif_schema() -> Option<String> {
    let path = std::env::var("LANEWAY_TEST_SARIF_SCHEMA").ok()?;
    Path::new(&path).is_file().then_some(path)
}

/// The program of the AWS emulator, where there is one.
pub fn emulator() -> Option<String> {
    let named = std::env::var("LANEWAY_TEST_MINISTACK");
    let program = named.unwrap_or_else(|_| "ministack".to_owned());
    on_path(&program).then_some(program)
}

fn on_path(name: &str) -> bool {
    if name.starts_with('/') {
        return Path::new(name).exists();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(name).exists())
}

fn shell(script: &str) -> bool {
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
