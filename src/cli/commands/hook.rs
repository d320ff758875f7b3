use std::io::Read as _;
use std::path::PathBuf;

use laneway::contract::hooks::{JudgedView, VerifiedView};
use laneway::ops::hook::{
    Judged, MAX_INPUT, commit_msg, post_receive, pre_commit, pre_push, pre_receive,
};

use super::Context;
use crate::cli::failure::Failure;
use crate::cli::render;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Judge what is staged
    PreCommit,
    /// Name the lane's task in a commit message
    CommitMsg {
        /// The message
        file: PathBuf,
    },
    /// Judge a push before it is sent; git's lines on standard input
    PrePush {
        /// The remote, as git names it [default: PRE_COMMIT_REMOTE_NAME]
        remote: Option<String>,
        /// Its URL [default: PRE_COMMIT_REMOTE_URL]
        url: Option<String>,
    },
    /// Judge a push before the server lets it in; git's lines on standard input
    PreReceive,
    /// Note what the server has judged; git's lines on standard input
    PostReceive,
}

impl Args {
    /// The words of the verb.
    pub fn name(&self) -> &'static str {
        match self.what {
            What::PreCommit => "hook pre-commit",
            What::CommitMsg { .. } => "hook commit-msg",
            What::PrePush { .. } => "hook pre-push",
            What::PreReceive => "hook pre-receive",
            What::PostReceive => "hook post-receive",
        }
    }
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let env = context.env;
    let judged = match &args.what {
        What::PreCommit => pre_commit(env, &context.global.site())?,
        What::CommitMsg { file } => commit_msg(env, context.global.dir.as_deref(), file)?,
        What::PrePush { remote, url } => {
            let told = |given: &Option<String>, name| {
                given.clone().or_else(|| env.var(name).map(str::to_owned))
            };
            let remote = told(remote, "PRE_COMMIT_REMOTE_NAME").unwrap_or_default();
            let url = told(url, "PRE_COMMIT_REMOTE_URL").unwrap_or_default();
            let input = match framework(context) {
                Some(line) => line,
                None => input()?,
            };
            pre_push(env, &context.global.site(), (&remote, &url), &input)?
        }
        What::PreReceive => pre_receive(env, &input()?)?,
        What::PostReceive => {
            let verified = post_receive(env, &input()?)?;
            let view = VerifiedView::from(verified.as_ref());
            return Ok(Reply::new(&view, String::new()));
        }
    };
    Ok(reply(context, &judged))
}

/// The pre-commit framework reads git's lines itself and tells the push in variables.
fn framework(context: &Context<'_>) -> Option<String> {
    let var = |name| context.env.var(name);
    let name = var("PRE_COMMIT_REMOTE_BRANCH")?;
    let new = var("PRE_COMMIT_TO_REF")?;
    let zero = "0".repeat(new.len());
    let old = var("PRE_COMMIT_FROM_REF").unwrap_or(&zero);
    Some(format!("pushed {new} {name} {old}\n"))
}

/// Git's lines. Names of refs are bytes: one that is not UTF-8 has those bytes escaped, as `\xe9`.
fn input() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let stdin = std::io::stdin().lock().take(MAX_INPUT + 1);
    let read = std::io::BufReader::new(stdin).read_to_end(&mut bytes);
    match read {
        Ok(read) if read as u64 > MAX_INPUT => Err(Failure::usage(
            "more refs than a hook reads: push fewer at once",
        )),
        Ok(_) => {
            let chunks = bytes.utf8_chunks().map(|chunk| {
                let odd = chunk.invalid().escape_ascii();
                format!("{}{odd}", chunk.valid())
            });
            Ok(chunks.collect())
        }
        Err(error) => Err(Failure::usage(format!(
            "standard input does not read: {error}"
        ))),
    }
}

/// The reasons go to standard error: what asked the hook may be read by a program.
fn reply(context: &Context<'_>, judged: &Judged) -> Reply {
    let files = judged.files.iter();
    let mut text: String = files.map(|file| render::findings(file, false)).collect();
    for denied in &judged.denied {
        let commit = denied
            .commit
            .map(|commit| format!(" commit {}:", commit.short()));
        let (about, commit) = (&denied.about, commit.unwrap_or_default());
        text.push_str(&format!("laneway: {about}:{commit} {}\n", denied.fact));
        text.push_str(&format!("  {}: {}\n", denied.rule, denied.hint));
    }
    if !text.is_empty() && !context.screen.json {
        context.screen.announce(text.trim_end());
    }
    let mut reply = Reply::new(&JudgedView::from(judged), String::new());
    for note in &judged.notes {
        reply = reply.note(note.clone());
    }
    reply.negative(!judged.allows())
}
