//! A brief as Markdown, short enough to stand at the head of a prompt.
//!
//! Tokens are estimated as a quarter of the bytes. Lists and texts are cut until all of it fits,
//! each cut is visible and names the command that shows the rest; commands are never cut. Text of
//! others is data: it stays in its line or quotation, whatever is in it.

use laneway::contract::brief::{
    AttemptView, BriefTaskView, BriefView, BugfixView, CommandView, QueueView, WhoView,
};

use super::safe;

/// Most bytes: 1,500 tokens of four.
pub const BUDGET: usize = 6000;

/// How much of lists and texts is told.
#[derive(Debug, Clone, Copy)]
struct Measure {
    /// Most items of a list.
    items: usize,
    /// Most bytes of a text in a line.
    text: usize,
    /// Most bytes of the notes.
    notes: usize,
}

/// From generous to sparse; the last one is taken whatever comes of it.
const MEASURES: [Measure; 5] = [
    measure(12, 400, 1600),
    measure(8, 240, 800),
    measure(5, 160, 400),
    measure(3, 100, 160),
    measure(1, 60, 60),
];

const fn measure(items: usize, text: usize, notes: usize) -> Measure {
    Measure { items, text, notes }
}

/// The brief in Markdown, cut to its measure.
pub fn markdown(view: &BriefView) -> String {
    let mut text = String::new();
    for measure in MEASURES {
        text = Page::new(view, measure).text;
        if text.len() <= BUDGET {
            break;
        }
    }
    text
}

/// The page under way.
struct Page {
    text: String,
    measure: Measure,
    /// The command that shows what was cut.
    rest: String,
}

impl Page {
    fn new(view: &BriefView, measure: Measure) -> Self {
        let task = view.task.as_deref();
        let rest = task.map_or_else(
            || "laneway ready --explain".to_owned(),
            |task| format!("laneway show {}", task.id),
        );
        let mut page = Self {
            text: String::new(),
            measure,
            rest,
        };
        match &view.agent {
            Some(who) => page.who(who),
            None => page.line("# Nobody said who acts"),
        }
        if let Some(over) = &view.fenced {
            let (task, epoch) = (&over.task, over.epoch);
            page.line(&format!(
                "- fenced: this worktree's claim of {task}, epoch {epoch}, is over; nothing from \
                 here is taken"
            ));
        }
        if let Some(remote) = &view.remote {
            page.line(&format!("- as this clone last saw remote {remote}"));
        }
        if let Some(task) = task {
            page.task(task);
        }
        if let Some(queue) = &view.queue {
            page.queue(queue);
        }
        page.next(view);
        page
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn heading(&mut self, heading: &str) {
        self.line("");
        self.line(&format!("## {heading}"));
    }

    /// A text of others in a line: nothing in it ends the line or opens a span.
    fn said(&self, text: &str) -> String {
        cut(&inline(text), self.measure.text)
    }

    /// A list in a line, each item a span.
    fn spans(&self, items: &[String]) -> String {
        let most = self.measure.items;
        let shown = items
            .iter()
            .take(most)
            .map(|item| code(&cut(item, self.measure.text)));
        let mut line = shown.collect::<Vec<_>>().join(", ");
        if items.len() > most {
            line.push_str(&self.more(items.len() - most));
        }
        line
    }

    fn more(&self, count: usize) -> String {
        format!(" … {count} more: `{}`", self.rest)
    }

    /// A list, each item a line; what is left out is said.
    fn list<T>(&mut self, items: &[T], show: impl Fn(&Self, &T) -> String) {
        let most = self.measure.items;
        for item in items.iter().take(most) {
            let shown = show(self, item);
            self.line(&format!("- {shown}"));
        }
        if items.len() > most {
            let more = self.more(items.len() - most);
            self.line(&format!("-{more}"));
        }
    }

    fn who(&mut self, who: &WhoView) {
        self.line(&format!("# Brief for {}", inline(&who.name)));
        let kind = who.kind.as_deref().unwrap_or("executor");
        let vouched = if who.verified {
            "by the identity map"
        } else {
            "unverified: the map does not say who may do what"
        };
        let roles = if who.roles.is_empty() {
            "any".to_owned()
        } else {
            self.spans(&who.roles)
        };
        self.line(&format!(
            "- {kind}, named by {}, {vouched}; on host {}",
            inline(&who.source),
            self.said(&who.host)
        ));
        self.line(&format!("- roles: {roles}; may: {}", who.may.join(", ")));
    }

    fn task(&mut self, task: &BriefTaskView) {
        let title = self.said(&task.title);
        self.heading(&format!("{}: {title}", task.id));
        let of = match task.relation.as_str() {
            "mine" => ", yours",
            "others" => ", another's",
            _ => "",
        };
        self.line(&format!(
            "- {}{of}; {} of {}, priority {}, risk {}, epoch {}",
            task.status,
            task.kind,
            inline(&task.role),
            task.priority,
            task.risk,
            task.epoch
        ));
        self.holder(task);
        if let Some(reason) = &task.blocked {
            let reason = self.said(reason);
            let word = task.held_up_by.as_ref().map_or_else(
                || "blocked".to_owned(),
                |by| format!("held up by {}", inline(by)),
            );
            self.line(&format!("- {word}: {reason}"));
        }
        self.package(task);
        let all = "everything but governance/ and what others have reserved".to_owned();
        let owned = match task.owned_paths.as_slice() {
            [] => all,
            paths => self.spans(paths),
        };
        self.line(&format!("- change only: {owned}"));
        if !task.forbidden_paths.is_empty() {
            let forbidden = self.spans(&task.forbidden_paths);
            self.line(&format!("- never change: {forbidden}"));
        }
        let waits: Vec<String> = task
            .depends_on
            .iter()
            .map(|one| match one.landed {
                true => format!("{} landed", one.id),
                false => format!("{} {}", one.id, one.status),
            })
            .collect();
        if !waits.is_empty() {
            let waits = self.spans(&waits);
            self.line(&format!("- depends on: {waits}"));
        }
        self.owed(task);
        self.lifted(task);
        self.review(task);
        if let Some(back) = &task.sent_back {
            self.heading(&format!("Sent back ({}) by {}", back.how, inline(&back.by)));
            self.attempt(back);
        }
        if let Some(bugfix) = &task.bugfix {
            self.bugfix(bugfix);
        }
        if let Some(notes) = task.notes.as_deref().filter(|notes| !notes.is_empty()) {
            self.heading("Notes of the plan");
            let (shown, whole) = shortened(notes, self.measure.notes);
            for line in safe(shown).lines() {
                self.line(&format!("> {line}"));
            }
            if !whole {
                let rest = notes.len() - shown.len();
                let line = format!("… {rest} bytes more: `{}`", self.rest);
                self.line(&line);
            }
        }
        if !task.remarks.is_empty() {
            self.heading("Remarks, newest first");
            self.list(&task.remarks, |page, remark| {
                format!("{}: {}", inline(&remark.by), page.said(&remark.text))
            });
        }
    }

    fn holder(&mut self, task: &BriefTaskView) {
        if let Some(held) = &task.holder {
            let left = held.seconds_left.map_or_else(String::new, |left| {
                let minutes = left.unsigned_abs() / 60;
                match left {
                    0.. => format!(", lease ends in {minutes} min"),
                    _ => format!(", lease ended {minutes} min ago"),
                }
            });
            let since = held.session.as_ref();
            let since = since.map_or_else(String::new, |since| format!(", session since {since}"));
            self.line(&format!(
                "- held by {} on {} in lane {}, branch {}{left}{since}",
                inline(&held.agent),
                inline(&held.workstation),
                inline(&held.lane),
                code(&held.branch)
            ));
        }
        if let Some(lane) = &task.lane {
            let mut facts = vec![format!("{} ahead, {} behind", lane.ahead, lane.behind)];
            if !lane.dirty.is_empty() {
                facts.push(format!("changed files: {}", lane.dirty.len()));
            }
            if lane.untracked > 0 {
                facts.push(format!("files not tracked: {}", lane.untracked));
            }
            if let Some(operation) = &lane.operation {
                facts.push(format!("in the middle of a {}", inline(operation)));
            }
            let path = code(&lane.path);
            self.line(&format!("- worktree {path}: {}", facts.join(", ")));
        }
    }

    fn package(&mut self, task: &BriefTaskView) {
        let Some(package) = &task.package else {
            return;
        };
        let mut line = format!("- package {}", code(&package.path));
        match &package.commit {
            Some(commit) => {
                let show = format!("git show {}:{}", short(commit), package.path);
                line.push_str(&format!(" ({})", code(&show)));
            }
            None => line.push_str(" (the file is not there)"),
        }
        if package.stop_gate.as_deref() == Some("scope_confirmation") {
            line.push_str("; confirm its scope before you start");
        }
        if let (Some(problem), Some(_)) = (&package.problem, &package.commit) {
            line.push_str(&format!("; it does not read: {}", self.said(problem)));
        }
        if let Some(to) = &package.return_to {
            line.push_str(&format!("; the return goes to {}", self.said(to)));
        }
        self.line(&line);
    }

    fn owed(&mut self, task: &BriefTaskView) {
        if !task.checks.is_empty() {
            self.line("- checks owed:");
            let most = self.measure.items;
            for check in task.checks.iter().take(most) {
                let trusted = if check.trusted {
                    ""
                } else {
                    ", not trusted here (a person reads it, then `laneway trust`)"
                };
                let ran = match check.passed {
                    Some(true) => "passed",
                    Some(false) => "failed",
                    None => "not run on this content",
                };
                let command = code(&cut(&check.command, self.measure.text));
                let class = &check.class;
                self.line(&format!("  - {command} ({class}): {ran}{trusted}"));
            }
            if task.checks.len() > most {
                let more = self.more(task.checks.len() - most);
                self.line(&format!("  -{more}"));
            }
        }
        if let Some(tier) = &task.evidence {
            self.line(&format!("- evidence owed: {tier}"));
        }
        if !matches!(task.status.as_str(), "done" | "cancelled") {
            let owes: Vec<String> = task.handoff_owes.iter().map(|flag| code(flag)).collect();
            self.line(&format!("- the handoff says: {}", owes.join(", ")));
        }
        if !task.reviews_owed.is_empty() {
            let most = self.measure.items;
            let shown = task.reviews_owed.iter().take(most);
            let shown: Vec<String> = shown.map(|review| self.said(review)).collect();
            let mut line = format!("- reviews owed: {}", shown.join("; "));
            if task.reviews_owed.len() > most {
                line.push_str(&self.more(task.reviews_owed.len() - most));
            }
            self.line(&line);
        }
    }

    fn lifted(&mut self, task: &BriefTaskView) {
        if task.lifted.is_empty() {
            return;
        }
        let most = self.measure.items;
        let shown = task.lifted.iter().take(most);
        let shown: Vec<String> = shown
            .map(|one| format!("{} until {} by {}", one.gate, one.until, inline(&one.by)))
            .collect();
        let mut line = format!("- lifted gates: {}", shown.join("; "));
        if task.lifted.len() > most {
            line.push_str(&self.more(task.lifted.len() - most));
        }
        self.line(&line);
    }

    fn review(&mut self, task: &BriefTaskView) {
        let Some(review) = &task.review else {
            return;
        };
        self.line(&format!(
            "- see the change: {}; a form for the review: {}",
            code(&review.diff),
            code(&review.form)
        ));
        if !review.outside.is_empty() {
            let outside = self.spans(&review.outside);
            self.line(&format!("- no finding names: {outside}"));
        }
        self.list(&review.doubts, |page, doubt| {
            format!("doubt: {}", page.said(doubt))
        });
    }

    fn attempt(&mut self, attempt: &AttemptView) {
        if !attempt.reason.is_empty() {
            let reason = self.said(&attempt.reason);
            self.line(&format!("- {reason}"));
        }
        self.list(&attempt.findings, |page, finding| {
            let mut line = format!(
                "{} {}: {}",
                inline(&finding.severity),
                code(&cut(&finding.file, page.measure.text)),
                page.said(&finding.text)
            );
            if let Some(impact) = &finding.impact {
                line.push_str(&format!("; impact: {}", page.said(impact)));
            }
            if let Some(fix) = &finding.fix {
                line.push_str(&format!("; fix: {}", page.said(fix)));
            }
            line
        });
    }

    fn bugfix(&mut self, bugfix: &BugfixView) {
        self.heading("Bug fix");
        for owes in &bugfix.owes {
            self.line(&format!("- {owes}"));
        }
        self.line(&format!("- the proof: {}", bugfix.proof));
        let told = [
            ("root cause", &bugfix.root_cause),
            ("layer", &bugfix.layer),
            ("proof", &bugfix.proof_command),
        ];
        for (word, said) in told {
            if let Some(said) = said {
                let said = self.said(said);
                self.line(&format!("- {word} given last: {said}"));
            }
        }
        let most = self.measure.items;
        for attempt in bugfix.attempts.iter().take(most) {
            let findings = attempt.findings.iter();
            let found: Vec<String> = findings
                .take(most)
                .map(|one| self.said(&format!("{}: {}", one.file, one.text)))
                .collect();
            let why = match (attempt.reason.as_str(), found.as_slice()) {
                ("", []) => String::new(),
                ("", found) => format!(": {}", found.join("; ")),
                (reason, _) => format!(": {}", self.said(reason)),
            };
            let (how, by) = (&attempt.how, inline(&attempt.by));
            self.line(&format!("- tried before, {how} by {by}{why}"));
        }
        if bugfix.attempts.len() > most {
            let more = self.more(bugfix.attempts.len() - most);
            self.line(&format!("-{more}"));
        }
    }

    fn queue(&mut self, queue: &QueueView) {
        self.heading("No task is in your hands");
        self.list(&queue.ready, |page, task| {
            format!(
                "ready: {}, priority {}: {}",
                task.id,
                task.priority,
                page.said(&task.title)
            )
        });
        if let Some(nothing) = &queue.nothing {
            let nothing = self.said(nothing);
            self.line(&format!("- {nothing}"));
        }
        for (what, ids) in [
            (
                "waits for your review (`laneway brief ID` tells what to look at)",
                &queue.reviews,
            ),
            ("waits for your go", &queue.scopes),
            ("you may land", &queue.merges),
        ] {
            if !ids.is_empty() {
                let ids = self.spans(ids);
                self.line(&format!("- {what}: {ids}"));
            }
        }
        self.list(&queue.waiting, |page, one| {
            format!(
                "yours, {}: {}: {}",
                one.status,
                one.task,
                page.said(&one.reason)
            )
        });
        if queue.unseen > 0 {
            let line = format!("- {} more submissions: `laneway status`", queue.unseen);
            self.line(&line);
        }
        if queue.away > 0 {
            self.line(&format!("- {} submissions are not here yet", queue.away));
        }
        if let Some(again) = &queue.again {
            self.line(&format!("- something changes by itself at {again}"));
        }
    }

    fn next(&mut self, view: &BriefView) {
        self.heading(&format!("Next: {}", view.act));
        self.line(&spoken(&view.say));
        if let Some(gate) = &view.gate {
            let (step, id) = (&gate.step, &gate.unmet.gate);
            let message = spoken(&cut(&gate.unmet.message, self.measure.text));
            let mut line = format!("- against {step} stands {id}: {message}");
            if let Some(hint) = &gate.unmet.hint {
                line.push_str(&format!(" ({})", spoken(&cut(hint, self.measure.text))));
            }
            self.line(&line);
        }
        for (number, command) in (1_usize..).zip(&view.commands) {
            self.command(number, command);
        }
    }

    fn command(&mut self, number: usize, command: &CommandView) {
        let mut line = format!(
            "{number}. {} – {}",
            code(&command.line),
            self.said(&command.why)
        );
        if !command.fill.is_empty() {
            let flags: Vec<String> = command.fill.iter().map(|flag| code(flag)).collect();
            line.push_str(&format!("; replace the value of {}", flags.join(", ")));
        }
        if let Some(when) = &command.when {
            line.push_str(&format!("; only when {}", inline(when)));
        }
        self.line(&line);
    }
}

fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

/// Text in one line, in which no backtick opens a span.
fn inline(text: &str) -> String {
    let text = safe(text).replace('\n', " ");
    text.replace('\\', "\\\\").replace('`', "\\`")
}

/// A sentence of the tool in one line; its spans stay, unless one is open.
fn spoken(text: &str) -> String {
    match text.matches('`').count() % 2 {
        0 => safe(text).replace('\n', " "),
        _ => inline(text),
    }
}

/// Text as a code span, whatever backticks are in it.
fn code(text: &str) -> String {
    let text = safe(text).replace('\n', " ");
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    if text.starts_with('`') || text.ends_with('`') {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

/// At most so many bytes of `text`, and an ellipsis where it is cut.
fn cut(text: &str, most: usize) -> String {
    let (shown, whole) = shortened(text, most);
    if whole {
        return text.to_owned();
    }
    // No half of an escape stays behind.
    format!("{}…", shown.trim_end_matches('\\'))
}

/// At most so many bytes of `text`, and whether that is all of it.
fn shortened(text: &str, most: usize) -> (&str, bool) {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (text.get(..end).unwrap_or_default(), end == text.len())
}

#[cfg(test)]
mod tests;
