//! `commit-msg`: a commit of a lane says whose task it works on.

use std::path::Path;

use super::Judged;
use crate::domain::id::TaskId;
use crate::domain::push::Denied;
use crate::env::Env;
use crate::ops::OpError;
use crate::ops::given::read_given;
use crate::ops::site;
use crate::workspace::Binding;

/// The trailer that names the task of a commit.
const TASK: &str = "Laneway-Task";

/// Longest message that is looked at, in bytes.
const MAX_MESSAGE: usize = 16 << 20;

/// Adds the task of the lane to the message in `file`, refuses that of another. Outside of lanes,
/// and without a message, nothing is done.
///
/// # Errors
/// When the message cannot be read or written.
pub fn commit_msg(env: &Env, dir: Option<&Path>, file: &Path) -> Result<Judged, OpError> {
    let (repo, _) = site::repository(env, dir)?;
    let Some(binding) = Binding::read(&repo.git_dir())? else {
        return Ok(Judged::default());
    };
    let file = env.dir.join(file);
    let text = match read_given(&file, &file, MAX_MESSAGE) {
        Ok(text) => text,
        // Longer than any message.
        Err(OpError::Usage(_)) => return Ok(Judged::default()),
        Err(error) => return Err(error),
    };
    if is_empty(&String::from_utf8_lossy(&text), &repo.comment_mark()) {
        // Git stops a commit without a message; a trailer would be one.
        return Ok(Judged::default());
    }
    let named = repo.trailers(&file, TASK)?;
    if let Some(other) = named.iter().find(|name| **name != binding.task.as_str()) {
        return Ok(Judged::no(foreign(&binding, other)));
    }
    if named.is_empty() {
        repo.add_trailer(&file, TASK, binding.task.as_str())?;
    }
    Ok(Judged::default())
}

fn foreign(binding: &Binding, other: &str) -> Denied {
    let Binding { task, lane, .. } = binding;
    let fact = format!(
        "its trailer names `{}`, and this is lane {lane} of `{task}`",
        other.escape_debug()
    );
    let hint = match TaskId::new(other) {
        Ok(other) => format!(
            "leave the trailer out, or commit in the lane of `{other}`: `laneway show {other}` says where it is"
        ),
        Err(_) => "leave the trailer out".to_owned(),
    };
    Denied::new("trailer-foreign", TASK, fact, hint).of(task)
}

/// Whether a message says nothing but comments.
fn is_empty(text: &str, mark: &str) -> bool {
    let scissors = format!("{mark} ------------------------ >8 ------------------------");
    let mut lines = text.lines().take_while(|line| *line != scissors);
    !lines.any(|line| !line.trim().is_empty() && !line.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::is_empty;

    #[test]
    fn comments_and_what_is_cut_off_are_no_message() {
        let cut = "# ------------------------ >8 ------------------------\ndiff\n";
        assert!(is_empty("", "#"));
        assert!(is_empty(&format!("\n# c\n{cut}"), "#"));
        assert!(!is_empty(&format!("x\n{cut}"), "#"));
        assert!(!is_empty("# c\n", ";"));
    }
}
