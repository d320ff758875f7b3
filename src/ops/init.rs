//! `init`: rules and an empty plan on the target, and the ledger branch. What is there already
//! stays as it is, so running it twice changes nothing.

use super::OpError;
use super::site;
use crate::domain::decide::LAW;
use crate::domain::id::{AgentName, BranchName, ObjectId, ProjectName, RemoteName, RoleName};
use crate::domain::marker::Marker;
use crate::domain::policy::Authority;
use crate::domain::request::{Actor, Request, Verb};
use crate::env::Env;
use crate::git::{
    Cas, Durability as Flush, Expect, Listing, NewCommit, PushOutcome, PushSpec, PushUpdate,
    RefEdit, Repo, Signature,
};
use crate::ledger::format::templates::Beginnings;
use crate::ledger::{
    DEFAULT_BRANCH, Ledger, LedgerError, Loader, Publisher, last_line, marker_at, paths,
};
use crate::workspace;

/// How long `init` waits for the remote.
const REMOTE_LIMIT: std::time::Duration = std::time::Duration::from_secs(60);

/// What `init` is asked.
#[derive(Debug, Clone, Default)]
pub struct InitOptions {
    /// The remote that decides; none: this repository does.
    pub remote: Option<RemoteName>,
    /// The integration branch; none: the branch that is checked out.
    pub target: Option<BranchName>,
    /// The ledger branch; none: `laneway`.
    pub ledger: Option<BranchName>,
    /// Roles with their numbers of lanes.
    pub roles: Vec<(RoleName, u16)>,
    /// Publish target and ledger to the remote.
    pub push: bool,
    /// Rehearse.
    pub dry_run: bool,
}

/// What `init` did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitOutcome {
    /// Files written to the target; empty when all were there.
    pub files: Vec<String>,
    /// The target and where it stands now.
    pub target: (BranchName, ObjectId),
    /// The ledger branch.
    pub ledger: BranchName,
    /// Whether the ledger was made now.
    pub created: bool,
    /// What is left to do, such as a push.
    pub next: Option<String>,
}

/// Writes `governance/` on the target and creates the ledger.
///
/// # Errors
/// No branch to be the target; a person's changes in the way; the remote's no.
pub fn init(
    env: &Env,
    dir: Option<&std::path::Path>,
    options: &InitOptions,
) -> Result<InitOutcome, OpError> {
    let (repo, _) = site::repository(env, dir)?;
    repo.check_checkout()?;
    let target = match &options.target {
        Some(target) => target.clone(),
        None => repo.head_branch()?.ok_or_else(|| {
            OpError::Usage("no branch is checked out: name the target with `--target`".to_owned())
        })?,
    };
    let ledger = match &options.ledger {
        Some(ledger) => ledger.clone(),
        None => BranchName::new(DEFAULT_BRANCH)?,
    };
    if ledger == target {
        return Err(OpError::Usage(format!(
            "`{target}` cannot be target and ledger at once"
        )));
    }
    let authority = options
        .remote
        .clone()
        .map_or(Authority::Local, Authority::Remote);
    if let Authority::Remote(remote) = &authority
        && repo.remote_url(remote).is_none()
    {
        return Err(OpError::Usage(format!(
            "there is no remote `{remote}`: `git remote add {remote} …`"
        )));
    }
    agree(&repo, &target, &authority)?;
    no_other_branch(&repo, &ledger)?;
    let mut named = std::collections::BTreeSet::new();
    if let Some((twice, _)) = options.roles.iter().find(|(role, _)| !named.insert(role)) {
        return Err(OpError::Usage(format!("the role `{twice}` is named twice")));
    }
    if let (Some(remote), true, false) = (&options.remote, options.push, options.dry_run) {
        // Asked before anything is written here.
        stands_at(&repo, remote, &target.full())?;
    }
    let (files, tip) = write_rules(env, &repo, &target, &authority, options)?;
    if !options.dry_run {
        super::merge_driver::register(&repo)?;
    }
    let marker = Marker {
        branch: ledger.clone(),
        target: target.clone(),
        authority,
        law: LAW,
    };
    let publish = options.remote.is_none() || options.push;
    let mut outcome = InitOutcome {
        files,
        target: (target, tip),
        ledger,
        created: false,
        next: None,
    };
    if options.dry_run {
        return Ok(outcome);
    }
    if !publish {
        outcome.next = Some(format!(
            "the ledger is made on the remote: `laneway init --authority remote --remote {} --push`",
            options
                .remote
                .as_ref()
                .map(RemoteName::as_str)
                .unwrap_or_default()
        ));
        return Ok(outcome);
    }
    outcome.next = alone(&repo, &marker, &outcome.files);
    outcome.created = make_ledger(env, repo, marker, tip)?;
    Ok(outcome)
}

/// A target that is governed already says who decides; a second ledger beside that one would give
/// every task a second owner.
fn agree(repo: &Repo, target: &BranchName, authority: &Authority) -> Result<(), OpError> {
    let Some(tip) = repo.tip(&target.full())? else {
        return Ok(());
    };
    if repo.entry_at(repo.tree_of(tip)?, paths::POLICY)?.is_none() {
        return Ok(());
    }
    let rules = Loader::new(repo).rules(tip);
    let policy = match &rules {
        Ok(rules) => &rules.policy,
        Err(_) => return rules.map(drop).map_err(OpError::from),
    };
    if policy.authority == *authority {
        return Ok(());
    }
    Err(OpError::Usage(match &policy.authority {
        Authority::Remote(remote) => format!(
            "governance/policy.yaml of `{target}` says that the remote `{remote}` decides: \
             `git fetch {remote}` brings its ledger, \
             `laneway init --authority remote --remote {remote} --push` makes the first one"
        ),
        Authority::Local => {
            format!("governance/policy.yaml of `{target}` says that this repository decides")
        }
    }))
}

/// A branch of the ledger's name that is no ledger is somebody's work.
fn no_other_branch(repo: &Repo, ledger: &BranchName) -> Result<(), OpError> {
    match repo.tip(&ledger.full())? {
        Some(tip) if marker_at(repo, tip)?.is_none() => Err(OpError::Usage(format!(
            "the branch `{ledger}` exists and is no ledger: name another with `--ledger BRANCH`"
        ))),
        _ => Ok(()),
    }
}

/// Commits the missing rule files to the target, only those paths.
fn write_rules(
    env: &Env,
    repo: &Repo,
    target: &BranchName,
    authority: &Authority,
    options: &InitOptions,
) -> Result<(Vec<String>, ObjectId), OpError> {
    let name = target.full();
    let tip = repo.tip(&name)?.ok_or_else(|| {
        OpError::Usage(format!(
            "the branch `{target}` has no commit yet: make a first one"
        ))
    })?;
    let begin = Beginnings {
        project: project_of(repo),
        target: target.clone(),
        authority: authority.clone(),
        roles: roles_of(options)?,
    };
    let tree = repo.tree_of(tip)?;
    let mut missing = Vec::new();
    for (file, text) in begin.files() {
        let path = format!("{}/{file}", paths::GOVERNANCE);
        if repo.entry_at(tree, &path)?.is_none() {
            missing.push((path, text));
        }
    }
    let files: Vec<String> = missing.iter().map(|(path, _)| path.clone()).collect();
    if missing.is_empty() || options.dry_run {
        return Ok((files, tip));
    }
    let commit = rules_commit(env, repo, tip, &missing)?;
    let mut checkouts = workspace::prepare(repo, &name, tip, commit, env)?;
    let edit = RefEdit {
        name,
        expect: Expect::At(tip),
        new: Some(commit),
    };
    match repo.cas(&[edit], "laneway: init", Flush::Full) {
        Ok(Cas::Moved) => {
            for checkout in checkouts.drain(..) {
                checkout.finish()?;
            }
            Ok((files, commit))
        }
        other => {
            for checkout in checkouts.drain(..) {
                checkout.abort();
            }
            match other? {
                Cas::Lost { name, actual } => {
                    let actual = actual.map_or("nothing".to_owned(), |id| id.to_string());
                    Err(LedgerError::Moved { name, actual }.into())
                }
                Cas::Moved => Ok((files, commit)),
            }
        }
    }
}

fn rules_commit(
    env: &Env,
    repo: &Repo,
    tip: ObjectId,
    missing: &[(String, String)],
) -> Result<ObjectId, OpError> {
    let mut writer = repo.writer();
    let mut edits = Vec::new();
    for (path, text) in missing {
        edits.push((path.clone(), Some(writer.blob(text.as_bytes())?)));
    }
    let tree = writer.tree(Some(repo.tree_of(tip)?), &edits)?;
    let signature = signature(env, repo);
    let commit = writer.commit(&NewCommit {
        tree,
        parents: vec![tip],
        author: signature.clone(),
        committer: signature,
        message: "Govern this repository with laneway\n".to_owned(),
    })?;
    writer.sync()?;
    Ok(commit)
}

fn signature(env: &Env, repo: &Repo) -> Signature {
    let (name, email) = match repo.identity() {
        Some(identity) => (identity.name, identity.email),
        None => ("laneway".to_owned(), format!("laneway@{}", env.host)),
    };
    Signature {
        name,
        email,
        seconds: env.now().seconds(),
        offset: 0,
    }
}

/// The name of the main checkout's directory, or of the bare repository.
fn project_of(repo: &Repo) -> ProjectName {
    let place = repo.main_work_dir().unwrap_or_else(|| repo.common_dir());
    let name = place
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    let legal: String = name
        .trim_end_matches(".git")
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') {
                c
            } else {
                '-'
            }
        })
        .collect();
    let legal = legal.trim_start_matches(['-', '_']).to_owned();
    ProjectName::new(legal).unwrap_or_else(|_| project())
}

fn project() -> ProjectName {
    #[expect(clippy::expect_used, reason = "a literal that is a legal name")]
    ProjectName::new("project").expect("`project` is a legal name")
}

fn roles_of(options: &InitOptions) -> Result<Vec<(RoleName, u16)>, OpError> {
    if options.roles.is_empty() {
        return Ok(vec![(RoleName::new("worker")?, 2)]);
    }
    Ok(options.roles.clone())
}

/// Creates the ledger branch; says whether it was made now.
fn make_ledger(env: &Env, repo: Repo, marker: Marker, tip: ObjectId) -> Result<bool, OpError> {
    if let Authority::Remote(remote) = &marker.authority {
        push_target(&repo, remote, &marker.target, tip)?;
    }
    let ledger = Ledger::unborn(repo, env, marker.clone());
    let publisher = Publisher::new(&ledger, REMOTE_LIMIT);
    if ledger.remote().is_some() && ledger.tip()?.is_none() {
        // Another clone may have made it already: then there is something to fetch.
        drop(publisher.refresh());
    }
    let actor = Actor {
        agent: AgentName::new("@laneway")?,
        host: env.host.clone(),
        epoch: None,
        clock_jump: None,
    };
    let verb = Verb::Init(marker);
    let request = Request {
        id: env.request_id(),
        at: env.now(),
        actor,
        verb,
    };
    let receipt = publisher.submit(&request)?;
    Ok(receipt.commit.is_some())
}

/// What a repository with a remote is told whose ledger stays here.
fn alone(repo: &Repo, marker: &Marker, files: &[String]) -> Option<String> {
    let origin = RemoteName::new("origin").ok()?;
    let begun = marker.authority == Authority::Local && !files.is_empty();
    (begun && repo.remote_url(&origin).is_some()).then(|| {
        format!(
            "this repository decides, and clones of `{origin}` have no part in it. If they shall: \
             `git branch -D {}`, take back the commit of `{}`, then `laneway init --authority remote \
             --push`",
            marker.branch, marker.target
        )
    })
}

/// Where a branch stands on the remote.
fn stands_at(repo: &Repo, remote: &RemoteName, name: &str) -> Result<Option<ObjectId>, OpError> {
    match repo.ls_remote(remote, &[name], REMOTE_LIMIT)? {
        Listing::Refs(refs) => Ok(refs.get(name).copied()),
        Listing::Unreachable { stderr } => Err(unreachable(remote, &stderr)),
    }
}

fn unreachable(remote: &RemoteName, stderr: &str) -> OpError {
    OpError::from(LedgerError::Unreachable {
        remote: remote.clone(),
        why: last_line(stderr),
    })
}

/// Publishes the target's rules, by fast-forward only.
fn push_target(
    repo: &Repo,
    remote: &RemoteName,
    target: &BranchName,
    tip: ObjectId,
) -> Result<(), OpError> {
    let name = target.full();
    let listed = stands_at(repo, remote, &name)?;
    let ours = listed != Some(tip);
    if ours {
        if let Some(theirs) = listed.filter(|id| !repo.exists(*id)) {
            let actual = theirs.to_string();
            return Err(LedgerError::Moved { name, actual }.into());
        }
        let expect = listed.map_or(Expect::Absent, Expect::At);
        let update = PushUpdate {
            name: name.clone(),
            new: Some(tip),
            expect,
            rewind: false,
        };
        let spec = PushSpec {
            remote: remote.clone(),
            updates: vec![update],
            atomic: false,
            limit: REMOTE_LIMIT,
        };
        match repo.push(&spec)? {
            PushOutcome::Won => {}
            PushOutcome::Lost { name, reason } => {
                return Err(LedgerError::Moved {
                    name,
                    actual: reason,
                }
                .into());
            }
            PushOutcome::Outdated { name, .. } => {
                let actual = "judged by rules that it has not".to_owned();
                return Err(LedgerError::Moved { name, actual }.into());
            }
            PushOutcome::Locked { name, lock } => {
                let remote = remote.clone();
                return Err(LedgerError::RemoteLocked { remote, name, lock }.into());
            }
            PushOutcome::Refused {
                denial,
                name,
                reason,
                stderr,
            } => {
                let remote = remote.clone();
                return Err(LedgerError::RemoteRefused {
                    remote,
                    denial,
                    name,
                    reason,
                    stderr,
                }
                .into());
            }
            PushOutcome::Unreachable { stderr } | PushOutcome::Indeterminate { stderr, .. } => {
                return Err(unreachable(remote, &stderr));
            }
        }
    }
    let spec = format!("{name}:refs/remotes/{remote}/{target}");
    match repo.fetch(remote, &[&spec], REMOTE_LIMIT)? {
        crate::git::Fetch::Done => Ok(()),
        crate::git::Fetch::NoSuchRef { stderr }
        | crate::git::Fetch::NotForward { stderr }
        | crate::git::Fetch::Unreachable { stderr } => Err(unreachable(remote, &stderr)),
    }
}
