//! Plans as values, how they are written, and random changes of them.

use serde_json::{Map, Value as Json};

/// Numbers that a seed decides.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    pub fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn pick<'t, T>(&mut self, list: &'t [T]) -> &'t T {
        &list[self.below(list.len())]
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Number(i64),
    List(Vec<(String, Option<String>)>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub key: &'static str,
    pub value: Value,
    style: usize,
    pub remark: Option<String>,
    pub above: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub id: String,
    pub above: Vec<String>,
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub head: String,
    pub tasks: Vec<Task>,
    pub dash: usize,
    pub crlf: bool,
}

const TEXTS: [&str; 4] = ["title", "x-say", "x-note", "notes"];
const NUMBERS: [&str; 3] = ["priority", "sequence", "merge_order"];
const LISTS: [&str; 3] = ["owned_paths", "acceptance_checks", "x-tags"];
const WORDS: [&str; 7] = [
    "plain words",
    "it's",
    "a: b # c",
    "two\nlines\n",
    "ü 漢",
    "~",
    "- dash",
];
const ITEMS: [&str; 8] = ["a/**", "b/*", "c c", "d#d", "e: e", "f", "g", "h"];

impl Field {
    fn random(dice: &mut Dice, key: &'static str, name: &mut Names) -> Self {
        Self {
            key,
            value: value(dice, key, name),
            style: dice.below(4),
            remark: dice.one_in(4).then(|| name.remark()),
            above: dice.one_in(6).then(|| name.remark()),
        }
    }

    pub fn json(&self) -> Json {
        match &self.value {
            Value::Text(text) => Json::from(text.as_str()),
            Value::Number(number) => Json::from(*number),
            Value::List(items) => items
                .iter()
                .map(|(item, _)| Json::from(item.as_str()))
                .collect(),
        }
    }

    pub fn remarks(&self) -> Vec<String> {
        let mut all: Vec<String> = self.remark.iter().chain(&self.above).cloned().collect();
        if let Value::List(items) = &self.value
            && self.style.is_multiple_of(2)
        {
            all.extend(items.iter().filter_map(|(_, remark)| remark.clone()));
        }
        all
    }

    fn write(&self, column: usize) -> String {
        let pad = " ".repeat(column);
        let remark = self
            .remark
            .as_ref()
            .map_or_else(String::new, |remark| format!(" {remark}"));
        let above = self
            .above
            .as_ref()
            .map_or_else(String::new, |above| format!("{pad}{above}\n"));
        let key = self.key;
        let value = match &self.value {
            Value::Number(number) => format!("{pad}{key}: {number}{remark}\n"),
            Value::Text(text) if text.contains('\n') => {
                let lines: String = text
                    .lines()
                    .map(|line| format!("{pad}  {line}\n"))
                    .collect();
                format!("{pad}{key}: |{remark}\n{lines}")
            }
            Value::Text(text) if self.style == 0 => {
                format!("{pad}{key}: {}{remark}\n", quoted(text))
            }
            Value::Text(text) if self.style == 1 => {
                format!("{pad}{key}: '{}'{remark}\n", text.replace('\'', "''"))
            }
            Value::Text(text) => {
                let plain = text.chars().all(|c| c.is_alphanumeric() || c == ' ');
                let text = if plain { text.clone() } else { quoted(text) };
                format!("{pad}{key}: {text}{remark}\n")
            }
            Value::List(items) if items.is_empty() => format!("{pad}{key}: []{remark}\n"),
            Value::List(items) if self.style.is_multiple_of(2) => {
                let lines: String = items
                    .iter()
                    .map(|(item, remark)| {
                        let remark = remark
                            .as_ref()
                            .map_or_else(String::new, |r| format!(" {r}"));
                        format!("{pad}  - {}{remark}\n", quoted(item))
                    })
                    .collect();
                format!("{pad}{key}:{remark}\n{lines}")
            }
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(|(item, _)| quoted(item)).collect();
                format!("{pad}{key}: [{}]{remark}\n", items.join(", "))
            }
        };
        above + &value
    }
}

fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

fn value(dice: &mut Dice, key: &str, name: &mut Names) -> Value {
    if NUMBERS.contains(&key) {
        Value::Number(dice.below(9) as i64 + 1)
    } else if LISTS.contains(&key) {
        let mut items = Vec::new();
        for item in ITEMS {
            if dice.one_in(2) {
                items.push(((*item).to_owned(), dice.one_in(5).then(|| name.remark())));
            }
        }
        Value::List(items)
    } else {
        let word = *dice.pick(&WORDS);
        // A title stands on one line.
        let word = if key == "title" {
            word.replace('\n', " ").trim().to_owned()
        } else {
            word.to_owned()
        };
        Value::Text(word)
    }
}

/// Names that never come twice.
pub struct Names {
    side: &'static str,
    count: usize,
}

impl Names {
    pub fn new(side: &'static str) -> Self {
        Self { side, count: 0 }
    }

    fn remark(&mut self) -> String {
        self.count += 1;
        format!("# {}-{}.", self.side, self.count)
    }
}

impl Task {
    fn random(dice: &mut Dice, id: String, name: &mut Names) -> Self {
        let mut fields = Vec::new();
        for key in TEXTS.iter().chain(&NUMBERS).chain(&LISTS) {
            if *key == "title" || dice.one_in(2) {
                fields.push(Field::random(dice, key, name));
            }
        }
        Self {
            id,
            above: (0..dice.below(3)).map(|_| name.remark()).collect(),
            fields,
        }
    }

    pub fn get(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    pub fn json(&self) -> Map<String, Json> {
        let mut map = Map::new();
        map.insert("id".to_owned(), Json::from(self.id.as_str()));
        map.insert("role".to_owned(), Json::from("A-x"));
        for field in &self.fields {
            map.insert(field.key.to_owned(), field.json());
        }
        map
    }

    pub fn remarks(&self) -> Vec<String> {
        let fields = self.fields.iter().flat_map(Field::remarks);
        fields.chain(self.above.iter().cloned()).collect()
    }

    pub fn write(&self, dash: usize) -> String {
        let pad = " ".repeat(dash);
        let mut text = String::from("\n");
        for remark in &self.above {
            text.push_str(&format!("{pad}{remark}\n"));
        }
        text.push_str(&format!("{pad}- id: {}\n{pad}  role: A-x\n", self.id));
        for field in &self.fields {
            text.push_str(&field.write(dash + 2));
        }
        text
    }

    fn change(&mut self, dice: &mut Dice, name: &mut Names) {
        match dice.below(10) {
            0 => {
                let missing: Vec<&&str> = TEXTS
                    .iter()
                    .chain(&NUMBERS)
                    .chain(&LISTS)
                    .filter(|key| self.get(key).is_none())
                    .collect();
                if !missing.is_empty() {
                    let key = **dice.pick(&missing);
                    let at = dice.below(self.fields.len() + 1);
                    let field = Field::random(dice, key, name);
                    self.fields.insert(at, field);
                }
            }
            1 => {
                let at = dice.below(self.fields.len());
                if self.fields[at].key != "title" {
                    self.fields.remove(at);
                }
            }
            2 => {
                let at = dice.below(self.fields.len());
                self.fields.swap(0, at);
            }
            3 => self.above.push(name.remark()),
            4 => {
                let at = dice.below(self.fields.len());
                self.fields[at].style = dice.below(4);
                if dice.one_in(2) {
                    self.fields[at].remark = Some(name.remark());
                }
            }
            _ => {
                let at = dice.below(self.fields.len());
                let field = &mut self.fields[at];
                match &mut field.value {
                    Value::List(items) => change_list(dice, items, name),
                    other => *other = value(dice, field.key, name),
                }
            }
        }
    }
}

fn change_list(dice: &mut Dice, items: &mut Vec<(String, Option<String>)>, name: &mut Names) {
    match dice.below(4) {
        0 if !items.is_empty() => {
            items.remove(dice.below(items.len()));
        }
        1 if items.len() > 1 => {
            let at = dice.below(items.len() - 1);
            items.swap(at, at + 1);
        }
        _ => {
            let item = (*dice.pick(&ITEMS)).to_owned();
            if items.iter().all(|(known, _)| *known != item) {
                let at = dice.below(items.len() + 1);
                items.insert(at, (item, dice.one_in(3).then(|| name.remark())));
            }
        }
    }
}

impl Plan {
    pub fn random(dice: &mut Dice) -> Self {
        let mut name = Names::new("base");
        let count = dice.below(7) + 1;
        Self {
            head: "# The plan.\nversion: 1\ntasks: # all\n".to_owned(),
            tasks: (0..count)
                .map(|number| Task::random(dice, format!("T-{number}"), &mut name))
                .collect(),
            dash: dice.below(3),
            crlf: dice.one_in(5),
        }
    }

    /// What somebody made of it.
    pub fn changed(&self, dice: &mut Dice, side: &'static str) -> Self {
        let mut plan = self.clone();
        let mut name = Names::new(side);
        for _ in 0..dice.below(7) + 1 {
            let count = plan.tasks.len();
            match dice.below(9) {
                0 => {
                    let id = format!("N-{}", dice.below(4));
                    if plan.get(&id).is_none() {
                        let at = dice.below(count + 1);
                        let task = Task::random(dice, id, &mut name);
                        plan.tasks.insert(at, task);
                    }
                }
                1 if count > 1 => {
                    plan.tasks.remove(dice.below(count));
                }
                2 if count > 1 => {
                    let at = dice.below(count - 1);
                    plan.tasks.swap(at, at + 1);
                }
                _ => {
                    let at = dice.below(count);
                    plan.tasks[at].change(dice, &mut name);
                }
            }
        }
        plan
    }

    pub fn get(&self, id: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.id == id)
    }

    pub fn write(&self) -> String {
        let mut text = self.head.clone();
        for task in &self.tasks {
            text.push_str(&task.write(self.dash));
        }
        text.push_str("# end\n");
        self.ends(text)
    }

    /// With the line ends of the plan.
    pub fn ends(&self, text: String) -> String {
        if self.crlf {
            text.replace('\n', "\r\n")
        } else {
            text
        }
    }
}
