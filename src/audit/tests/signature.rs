//! P24: what shows who made a ledger commit, with keys that ssh-keygen made.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::audit::signature::level_of;
use crate::audit::{Difference, verify};
use crate::domain::id::ObjectId;
use crate::domain::policy::Authority;
use crate::domain::refusal::RefusalKind;
use crate::domain::request::Verb;
use crate::domain::signature::Level;
use crate::git::testing::{Lab, put, set};
use crate::ledger::testing::{Rules, Site, note};
use crate::ledger::{Ledger, LedgerError, Receipt};
use crate::process::{Runner, Spawn};

/// A site whose agents have keys, and its rules ask for what `policy` says.
struct Keyed {
    site: Site,
    keys: BTreeMap<&'static str, PathBuf>,
}

const SIGNED: &str = "durability: fast\nsignatures: {minimum: signed}\n";

impl Keyed {
    /// `@bot` and `@ann` with a key and an address each; a third key is nobody's.
    fn new(policy: &'static str, authority: Authority) -> Self {
        let site = Site::with(&Rules {
            policy: "durability: fast\n",
            authority,
        });
        let mut keyed = Self {
            keys: BTreeMap::new(),
            site,
        };
        for name in ["bot", "ann", "stranger"] {
            let file = keyed.site.lab.path(name);
            let make = Spawn::new("ssh-keygen", keyed.site.lab.dir.path())
                .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
                .arg(&file);
            assert!(keyed.site.lab.runner.run(&make).unwrap().success());
            keyed.keys.insert(name, file);
        }
        keyed.site.add(&["A-1"]);
        keyed.rules(policy, &["bot", "ann"]);
        keyed
    }

    fn public(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.keys[name].with_extension("pub")).unwrap();
        text.trim().to_owned()
    }

    /// Commits a map with these keys, and the policy, to the target.
    fn rules(&self, policy: &str, with_keys: &[&str]) {
        let agents = ["bot", "ann"].map(|name| {
            let key = with_keys.contains(&name).then(|| self.public(name));
            let keys = key.map_or_else(String::new, |key| format!(", signing_keys: [\"{key}\"]"));
            let all = "claim, handoff, merge, review, plan, admin";
            format!("  - {{name: \"@{name}\", kind: agent, roles: [dev], may: [{all}], emails: [{name}@x.example]{keys}}}\n")
        });
        let map = format!("version: 1\nmode: open\nagents:\n{}", agents.concat());
        let policy_file = self.site.path.join("governance/policy.yaml");
        let now = std::fs::read_to_string(&policy_file).unwrap();
        let now = now.split("durability: fast\n").next().unwrap().to_owned();
        let files = [
            ("governance/identity-map.yaml", map),
            ("governance/policy.yaml", now + policy),
        ];
        let files: Vec<_> = files.iter().map(|(a, b)| (*a, b.as_str())).collect();
        self.site.lab.commit(&self.site.path, &files);
        if self.site.ledger.remote().is_some() {
            let lab = &self.site.lab;
            lab.git(&self.site.path, &["push", "-q", "origin", "main"]);
        }
    }

    /// The ledger as somebody with this configuration sees it.
    fn as_configured(&self, settings: &[(&str, &str)]) -> Ledger {
        self.as_configured_in(settings, &[])
    }

    fn as_configured_in(&self, settings: &[(&str, &str)], vars: &[(&str, &str)]) -> Ledger {
        let site = &self.site;
        for name in ["laneway.sign", "user.signingKey", "user.email"] {
            let unset = ["config", "--unset-all", name];
            let spawn = site.lab.runner.git(&site.path, unset);
            drop(site.lab.runner.run(&spawn));
        }
        for (name, value) in settings {
            site.lab.git(&site.path, &["config", name, value]);
        }
        let mut environment = site.lab.runner.environment().clone();
        for (name, value) in vars {
            environment.insert(name.into(), value.into());
        }
        let repo = crate::git::Repo::open(&site.path, &Runner::new(environment)).unwrap();
        Ledger {
            repo,
            ..site.ledger.clone()
        }
    }

    fn signing(&self, key: &str) -> Ledger {
        let key = self.keys[key].display().to_string();
        self.as_configured(&[
            ("laneway.sign", "true"),
            ("user.signingKey", &key),
            ("user.email", "machine@x.example"),
        ])
    }

    fn note(&self, ledger: &Ledger, agent: &str) -> Result<Receipt, LedgerError> {
        let publisher = crate::ledger::Publisher::new(ledger, crate::ledger::testing::LIMIT);
        publisher.submit(&self.site.request(agent, note("A-1", "seen")))
    }

    /// Level of the tip by the rules of now, and what an audit says of it.
    fn judged(&self) -> (Level, Option<String>) {
        let last = verify(&self.site.ledger, None).unwrap().last().unwrap();
        let difference = last.difference.map(|difference| difference.to_string());
        (last.level.unwrap(), difference)
    }
}

/// Why a mutation was refused by a rule; nothing was written.
fn refused(keyed: &Keyed, done: Result<Receipt, LedgerError>) -> String {
    let Err(LedgerError::Refused(refusal)) = done else {
        panic!("{done:?}");
    };
    assert_eq!(refusal.kind, RefusalKind::Rule);
    assert_eq!(refusal.gate(), "signature-owed");
    assert!(refusal.unmet[0].hint.is_some());
    assert!(keyed.judged().1.is_none(), "the ledger was changed");
    refusal.to_string()
}

#[test]
fn p24_a_valid_signature_is_made_and_shown() {
    let keyed = Keyed::new(SIGNED, Authority::Local);
    let _receipt = keyed.note(&keyed.signing("bot"), "@bot").unwrap();
    assert_eq!(keyed.judged(), (Level::Signed, None));
    let fsck = keyed
        .site
        .lab
        .git(&keyed.site.path, &["fsck", "--strict", "--no-dangling"]);
    assert_eq!(fsck, "");
    // Git itself finds it good.
    let allowed = keyed.site.lab.path("allowed");
    put(&allowed, &format!("bot {}\n", keyed.public("bot")));
    let file = format!("gpg.ssh.allowedSignersFile={}", allowed.display());
    let tip = keyed.site.tip().to_string();
    keyed
        .site
        .lab
        .git(&keyed.site.path, &["-c", &file, "verify-commit", &tip]);
}

/// An ssh-agent, ended with the test.
struct Agent<'l> {
    lab: &'l Lab,
    socket: String,
    pid: String,
}

impl<'l> Agent<'l> {
    fn new(lab: &'l Lab) -> Self {
        let socket = lab.path("agent.sock").display().to_string();
        let spawn = Spawn::new("ssh-agent", lab.dir.path()).args(["-s", "-a", &socket]);
        let said = lab.runner.run(&spawn).unwrap().stdout.text();
        let (_, pid) = said.split_once("SSH_AGENT_PID=").unwrap();
        let pid = pid.split(';').next().unwrap().to_owned();
        Self { lab, socket, pid }
    }

    fn add(&self, args: &[&str]) {
        let spawn = Spawn::new("ssh-add", self.lab.dir.path())
            .args(args.iter().copied())
            .env("SSH_AUTH_SOCK", &self.socket);
        assert!(self.lab.runner.run(&spawn).unwrap().success(), "{args:?}");
    }
}

impl Drop for Agent<'_> {
    fn drop(&mut self) {
        let spawn = Spawn::new("ssh-agent", self.lab.dir.path())
            .arg("-k")
            .env("SSH_AGENT_PID", &self.pid);
        drop(self.lab.runner.run(&spawn));
    }
}

#[test]
fn p24_a_key_of_an_agent_and_a_literal_key_sign() {
    let keyed = Keyed::new(SIGNED, Authority::Local);
    let lab = &keyed.site.lab;
    let agent = Agent::new(lab);
    let vars = [("SSH_AUTH_SOCK", agent.socket.as_str())];
    let key = keyed.keys["bot"].display().to_string();
    agent.add(&["-q", &key]);
    std::fs::remove_file(&key).unwrap();
    let literal = format!("key::{}", keyed.public("bot"));
    let public = format!("{key}.pub");
    for key in [literal.as_str(), public.as_str()] {
        let settings = [("user.signingKey", key)];
        // Nothing asks for signatures but the rules.
        let ledger = keyed.as_configured_in(&settings, &vars);
        let _receipt = keyed.note(&ledger, "@bot").unwrap();
        assert_eq!(keyed.judged(), (Level::Signed, None), "{key}");
    }
    agent.add(&["-q", "-D"]);
    let ledger = keyed.as_configured_in(&[("user.signingKey", &literal)], &vars);
    let why = refused(&keyed, keyed.note(&ledger, "@bot"));
    assert!(why.contains("`ssh-keygen` said"), "{why}");
}

#[test]
fn p24_unsigned_is_refused_where_rules_ask_for_more() {
    let keyed = Keyed::new(SIGNED, Authority::Local);
    let ledger = keyed.as_configured(&[("user.email", "bot@x.example")]);
    let why = refused(&keyed, keyed.note(&ledger, "@bot"));
    assert!(why.contains("asks for commits that are signed"), "{why}");
    let rehearsed = crate::ledger::Publisher::new(&ledger, crate::ledger::testing::LIMIT)
        .judge(&keyed.site.request("@bot", note("A-1", "x")));
    assert!(matches!(rehearsed, Err(LedgerError::Refused(_))));
}

#[test]
fn p24_a_spoofed_address_passes_for_the_committer_and_for_no_signature() {
    let committer = "durability: fast\nsignatures: {minimum: committer}\n";
    let keyed = Keyed::new(committer, Authority::Local);
    let why = refused(
        &keyed,
        keyed.note(
            &keyed.as_configured(&[("user.email", "eve@x.example")]),
            "@bot",
        ),
    );
    assert!(
        why.contains("`eve@x.example` is no address of @bot"),
        "{why}"
    );
    let spoofed = keyed.as_configured(&[("user.email", "bot@x.example")]);
    let _receipt = keyed.note(&spoofed, "@bot").unwrap();
    assert_eq!(keyed.judged(), (Level::Committer, None));
    // Where a signature is asked for, the address alone is nothing; nor is the author's.
    keyed.rules(SIGNED, &["bot", "ann"]);
    let why = refused(&keyed, keyed.note(&spoofed, "@bot"));
    assert!(why.contains("names no key"), "{why}");
}

#[test]
fn p24_a_key_outside_the_map_signs_for_nobody() {
    let keyed = Keyed::new(SIGNED, Authority::Local);
    let why = refused(&keyed, keyed.note(&keyed.signing("stranger"), "@bot"));
    assert!(why.contains("is not @bot's"), "{why}");
    let why = refused(&keyed, keyed.note(&keyed.signing("stranger"), "@eve"));
    assert!(why.contains("does not list @eve"), "{why}");
}

#[test]
fn p24_the_key_of_another_agent_signs_for_that_one_alone() {
    let keyed = Keyed::new(SIGNED, Authority::Local);
    let why = refused(&keyed, keyed.note(&keyed.signing("ann"), "@bot"));
    assert!(why.contains("is not @bot's"), "{why}");
    let _receipt = keyed.note(&keyed.signing("ann"), "@ann").unwrap();
    assert_eq!(keyed.judged(), (Level::Signed, None));
}

#[test]
fn p24_a_key_revoked_later_keeps_what_it_signed_and_signs_nothing_more() {
    let keyed = Keyed::new(SIGNED, Authority::Local);
    let ledger = keyed.signing("bot");
    let _receipt = keyed.note(&ledger, "@bot").unwrap();
    keyed.rules(SIGNED, &["ann"]);
    assert_eq!(keyed.judged(), (Level::Signed, None));
    let why = refused(&keyed, keyed.note(&ledger, "@bot"));
    assert!(why.contains("is not @bot's"), "{why}");
}

/// What somebody who does not use this program pushes: the same commit with other bytes.
fn forged(keyed: &Keyed, edit: impl Fn(&str) -> String) -> ObjectId {
    let (lab, path) = (&keyed.site.lab, &keyed.site.path);
    let tip = keyed.site.tip().to_string();
    let raw = lab.git(path, &["cat-file", "commit", &tip]) + "\n";
    put(&lab.path("forged"), &edit(&raw));
    let file = lab.path("forged").display().to_string();
    let made = lab.git(path, &["hash-object", "-t", "commit", "-w", &file]);
    let id = made.parse().unwrap();
    set(&keyed.site.ledger.repo, &keyed.site.ledger.tip_ref, id);
    id
}

#[test]
fn p24_a_commit_that_was_tampered_with_after_it_was_signed_is_not_signed() {
    let keyed = Keyed::new(SIGNED, Authority::Local);
    let _receipt = keyed.note(&keyed.signing("bot"), "@bot").unwrap();
    let id = forged(&keyed, |raw| {
        raw.replace("machine@x.example", "other@x.example")
    });
    let (level, difference) = keyed.judged();
    assert_eq!(level, Level::Unsigned);
    assert_eq!(
        difference.unwrap(),
        "it is unsigned for @bot, where its rules ask for signed"
    );
    let repo = &keyed.site.ledger.repo;
    let loader = crate::ledger::Loader::new(repo);
    let map = &loader.rules(keyed.site.target()).unwrap().identity;
    assert_eq!(
        level_of(repo, id, map, &"@bot".parse().unwrap()),
        Level::Unsigned
    );
    // Its signature cut off: the same.
    let (level, _) = {
        forged(&keyed, |raw| {
            let (head, rest) = raw.split_once("gpgsig ").unwrap();
            let (_, rest) = rest.split_once("-----END SSH SIGNATURE-----\n").unwrap();
            format!("{head}{rest}")
        });
        keyed.judged()
    };
    assert_eq!(level, Level::Unsigned);
    // A header more, which the signature covers or not: never laneway's.
    forged(&keyed, |raw| {
        raw.replacen("\n\n", "\nencoding UTF-8\n\n", 1)
    });
    let last = verify(&keyed.site.ledger, None).unwrap().last().unwrap();
    assert!(matches!(last.difference, Some(Difference::Header(name)) if name == "encoding"));
}

#[test]
fn p24_verified_is_the_word_of_the_server_behind_what_is_signed() {
    let policy = "durability: fast\nsignatures: {minimum: verified}\n";
    let keyed = Keyed::new(policy, Authority::Remote("origin".parse().unwrap()));
    let ledger = keyed.signing("bot");
    // Made before the server judged: signed is enough to be let in.
    let _receipt = keyed.note(&ledger, "@bot").unwrap();
    let (level, difference) = keyed.judged();
    assert_eq!(level, Level::Signed);
    assert_eq!(
        difference.unwrap(),
        "it is signed for @bot, where its rules ask for verified"
    );
    let (lab, hub) = (&keyed.site.lab, keyed.site.lab.path("hub.git"));
    let word = ["update-ref", "refs/laneway/verified/laneway", "laneway"];
    lab.git(&hub, &word);
    keyed.site.publisher().refresh().unwrap();
    assert_eq!(keyed.judged(), (Level::Verified, None));
    // The word reaches no further than it was given.
    let _receipt = keyed.note(&ledger, "@bot").unwrap();
    assert_eq!(keyed.judged().0, Level::Signed);
}

#[test]
fn p24_the_word_of_a_server_counts_only_where_the_rules_ask_for_it() {
    let keyed = Keyed::new(SIGNED, Authority::Remote("origin".parse().unwrap()));
    let ledger = keyed.signing("bot");
    let _receipt = keyed.note(&ledger, "@bot").unwrap();
    // No guard here, so anybody may push this.
    let (lab, hub) = (&keyed.site.lab, keyed.site.lab.path("hub.git"));
    let word = ["update-ref", "refs/laneway/verified/laneway", "laneway"];
    lab.git(&hub, &word);
    keyed.site.publisher().refresh().unwrap();
    assert_eq!(keyed.judged(), (Level::Signed, None));
    let ledger = &keyed.site.ledger;
    let mut story = crate::audit::story(ledger, None, crate::audit::Order::default(), 1).unwrap();
    assert_eq!(story.next().unwrap().unwrap().level, Level::Signed);
}

#[test]
fn p24_without_a_minimum_nothing_is_asked_and_everything_is_shown() {
    let keyed = Keyed::new("durability: fast\n", Authority::Local);
    for (ledger, level) in [
        (
            keyed.as_configured(&[("user.email", "eve@x.example")]),
            Level::Unsigned,
        ),
        (
            keyed.as_configured(&[("user.email", "bot@x.example")]),
            Level::Committer,
        ),
    ] {
        let _receipt = keyed.note(&ledger, "@bot").unwrap();
        assert_eq!(keyed.judged(), (level, None));
    }
    let _receipt = keyed.note(&keyed.signing("bot"), "@bot").unwrap();
    assert_eq!(keyed.judged(), (Level::Signed, None));
    let _receipt = keyed.note(&keyed.signing("stranger"), "@bot").unwrap();
    assert_eq!(keyed.judged(), (Level::Unsigned, None));
    // Asked for by the person, it must not silently be left out.
    let asked = keyed.as_configured(&[("laneway.sign", "true")]);
    let why = refused(&keyed, keyed.note(&asked, "@bot"));
    assert!(why.contains("configuration asks for a signature"), "{why}");
}

#[test]
fn p24_an_unsigned_init_is_no_difference() {
    let keyed = Keyed::new(SIGNED, Authority::Local);
    let first = verify(&keyed.site.ledger, None).unwrap().next().unwrap();
    assert!(first.holds() && matches!(first.op, Some("init")));
    assert!(matches!(keyed.site.init(), Verb::Init(_)));
}
