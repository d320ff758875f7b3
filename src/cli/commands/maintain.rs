use laneway::contract::maintain::MaintainView;
use laneway::ops::maintain::maintain;

use super::{Context, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(context: &Context<'_>, _: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let tidied = maintain(&site)?;
    let text = if tidied.elsewhere {
        "another process is tidying this repository\n".to_owned()
    } else {
        format!(
            "about {} loose objects, {} before; {} work refs of landed tasks deleted\n",
            tidied.loose.1,
            tidied.loose.0,
            tidied.forgotten.len()
        )
    };
    let reply = Reply::new(&MaintainView::from(&tidied), text);
    Ok(reply
        .confirms(true)
        .ledger(ledger_at(&site, site.ledger.tip()?)))
}
