use laneway::audit::{Verdict, verify};
use laneway::contract::audit::AuditView;
use laneway::domain::id::ObjectId;

use super::{Context, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Decide every ledger commit again, and name each that is not exactly what its request gives
    Verify {
        /// Begin after this ledger commit [default: at the first]
        #[arg(long, value_name = "COMMIT")]
        from: Option<ObjectId>,
    },
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let What::Verify { from } = &args.what;
    let site = context.site()?;
    let mut verification = verify(&site.ledger, *from).map_err(|error| match error {
        laneway::audit::AuditError::Ledger(error) => Failure::from(error),
        error => Failure::usage(error.to_string()),
    })?;
    let total = verification.left();
    let mut differing: Vec<Verdict> = Vec::new();
    let mut done = 0;
    for verdict in &mut verification {
        done += 1;
        if done % 1000 == 0 {
            context
                .screen
                .progress(&format!("{done} of {total} ledger commits decided again"));
        }
        if !verdict.holds() {
            differing.push(verdict);
        }
    }
    let mut text = String::new();
    for verdict in &differing {
        if let Some(difference) = &verdict.difference {
            let op = verdict.op.unwrap_or("unknown");
            text.push_str(&format!(
                "{} ({op}): {difference}\n",
                verdict.commit.short()
            ));
        }
    }
    text.push_str(&format!(
        "{total} ledger commits, {} differ\n",
        differing.len()
    ));
    let text = crate::cli::render::safe(&text);
    let reply = Reply::new(&AuditView::of(total, &differing), text);
    Ok(reply
        .negative(!differing.is_empty())
        .ledger(ledger_at(&site, site.ledger.tip()?)))
}
