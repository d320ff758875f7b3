use laneway::contract::hooks::{HooksView, TemplateView};
use laneway::ops::hooks::template::Tool;
use laneway::ops::hooks::{Done, Options, Reach, Standing, Status, install, status, uninstall};

use super::Context;
use crate::cli::args::DryRun;
use crate::cli::failure::Failure;
use crate::cli::render::{Table, safe};
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Install pre-commit, commit-msg and pre-push; a hook that is there is called first
    Install {
        /// pre-receive and post-receive instead: the guard of a server
        #[arg(long)]
        server: bool,
        /// Write into a shared directory, over edits, and go by a chained hook as it is now
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Take every hook of laneway away and put back what was there
    Uninstall {
        /// Give up edits, and put a chained hook back as it is now
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Say what stands where git looks for hooks
    Status,
    /// Print a file with which another tool calls laneway
    Template {
        /// Which tool
        tool: Word,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Word {
    Github,
    Gitlab,
    PreCommit,
}

impl Args {
    /// The words of the verb.
    pub fn name(&self) -> &'static str {
        match self.what {
            What::Install { .. } => "hooks install",
            What::Uninstall { .. } => "hooks uninstall",
            What::Status => "hooks status",
            What::Template { .. } => "hooks template",
        }
    }
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let repo = || laneway::ops::repository(context.env, context.global.dir.as_deref());
    match &args.what {
        What::Install { server, force, dry } => {
            let options = Options {
                server: *server,
                force: *force,
                dry_run: dry.dry_run,
            };
            let done = install(&repo()?.0, context.env, options)?;
            Ok(changed(&done, dry.dry_run))
        }
        What::Uninstall { force, dry } => {
            let options = Options {
                server: false,
                force: *force,
                dry_run: dry.dry_run,
            };
            let done = uninstall(&repo()?.0, options)?;
            Ok(changed(&done, dry.dry_run))
        }
        What::Status => {
            let status = status(&repo()?.0)?;
            let width = context.screen.width;
            let reply = Reply::new(&HooksView::from(&status), standing(&status, width));
            Ok(reply.negative(status.ails()))
        }
        What::Template { tool } => {
            let tool = match tool {
                Word::Github => Tool::Github,
                Word::Gitlab => Tool::Gitlab,
                Word::PreCommit => Tool::PreCommit,
            };
            Ok(Reply::new(&TemplateView::from(tool), tool.text()))
        }
    }
}

fn changed(done: &Done, dry_run: bool) -> Reply {
    let view = HooksView::from(done);
    let would = if dry_run { "would be " } else { "" };
    let mut text = String::new();
    for (name, change) in &done.changes {
        text.push_str(&format!("{name}: {would}{}\n", change.word()));
    }
    if done.changes.is_empty() {
        text.push_str("no hook of laneway is here\n");
    }
    text.push_str(&format!("in {}\n", view.directory));
    Reply::new(&view, safe(&text)).confirms(!dry_run)
}

fn standing(status: &Status, width: Option<u16>) -> String {
    let mut table = Table::new(&["hook", "state", "called first"], width);
    for slot in &status.slots {
        let chained = slot.chained.as_ref().map(|chained| {
            let name = chained.path.strip_prefix(&status.dir);
            let name = name.unwrap_or(&chained.path).display();
            match chained.called {
                true => name.to_string(),
                false => format!("{name} (kept, not called)"),
            }
        });
        table.row([
            slot.name.to_owned(),
            slot.standing.word().to_owned(),
            chained.unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    let mut text = table.text();
    for slot in &status.slots {
        if let Some(ailment) = slot.ailment() {
            if slot.left.is_some() {
                text.push_str(&format!("{ailment}\n"));
                continue;
            }
            // What somebody changed is given up by that person's word only.
            let force = match slot.standing {
                Standing::Outdated => "",
                _ => " --force",
            };
            text.push_str(&format!(
                "{ailment}: `laneway hooks install{force}` writes it anew\n"
            ));
        }
    }
    text.push_str(&format!("in {}\n", status.dir.display()));
    if let Reach::Elsewhere(why) = &status.reach {
        text.push_str(&format!("{why}\n"));
    }
    safe(&text)
}
