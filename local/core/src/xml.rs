//! XML documents as MNS and OSS use them: a tree of named elements, each holding text or other elements.
//!
//! Clients disagree about namespaces, the order of elements and whether empty ones are sent, so reading keeps none of that:
//! names lose their prefix, `xmlns` is ignored, and a caller asks for children by name.

use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};

/// How deep a document may nest. No request of either product goes beyond five.
const DEEPEST: usize = 16;

/// One element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    name: String,
    namespace: Option<&'static str>,
    content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Text(String),
    Children(Vec<Element>),
}

/// The text is not a well-formed document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the XML document is malformed: {0}")]
pub struct Malformed(String);

impl Malformed {
    fn forbids(character: char) -> Self {
        Self(format!("it holds U+{:04X}, which no document may hold", u32::from(character)))
    }
}

impl Element {
    /// An element without content.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), namespace: None, content: Content::Children(Vec::new()) }
    }

    /// An element that holds `text`.
    pub fn text(name: &str, text: impl ToString) -> Self {
        Self { name: name.to_owned(), namespace: None, content: Content::Text(text.to_string()) }
    }

    /// The same element in a default namespace.
    pub fn in_namespace(mut self, namespace: &'static str) -> Self {
        self.namespace = Some(namespace);
        self
    }

    /// The same element with one more child.
    pub fn with(mut self, child: Element) -> Self {
        self.push(child);
        self
    }

    /// The same element with one more child that holds `text`.
    pub fn field(self, name: &str, text: impl ToString) -> Self {
        self.with(Self::text(name, text))
    }

    /// The same element, with a child that holds `text` when there is any.
    pub fn optional(self, name: &str, text: Option<impl ToString>) -> Self {
        match text {
            Some(text) => self.field(name, text),
            None => self,
        }
    }

    /// The same element with more children.
    pub fn with_all(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        children.into_iter().for_each(|child| self.push(child));
        self
    }

    fn push(&mut self, child: Element) {
        match &mut self.content {
            Content::Children(children) => children.push(child),
            Content::Text(_) => self.content = Content::Children(vec![child]),
        }
    }

    /// The element's local name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text of the element; empty when it holds elements instead.
    pub fn as_text(&self) -> &str {
        match &self.content {
            Content::Text(text) => text,
            Content::Children(_) => "",
        }
    }

    /// The first child called `name`.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children(name).next()
    }

    /// The text of the first child called `name`.
    pub fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(Element::as_text)
    }

    /// The children called `name`.
    pub fn children<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Element> {
        let children = match &self.content {
            Content::Children(children) => children.as_slice(),
            Content::Text(_) => &[],
        };
        children.iter().filter(move |child| child.name == name)
    }

    /// Reads a document.
    pub fn parse(document: &[u8]) -> Result<Self, Malformed> {
        let document = std::str::from_utf8(document).map_err(|error| Malformed(error.to_string()))?;
        if let Some(forbidden) = document.chars().find(|character| !is_allowed(*character)) {
            return Err(Malformed::forbids(forbidden));
        }
        let mut root = None;
        let mut reader = Reader::from_str(document.trim_start_matches('\u{feff}'));
        // The elements that are open, innermost last, each with the text seen in it so far.
        let mut open: Vec<(Element, String)> = Vec::new();
        loop {
            let event = reader.read_event().map_err(|error| Malformed(error.to_string()))?;
            let closed = match event {
                Event::Start(start) => {
                    if open.len() == DEEPEST {
                        return Err(Malformed(format!("it nests deeper than {DEEPEST} elements")));
                    }
                    check_attributes(&start)?;
                    open.push((Self::new(start.local_name().as_ref()), String::new()));
                    continue;
                }
                Event::Empty(empty) => {
                    check_attributes(&empty)?;
                    Self::new(empty.local_name().as_ref())
                }
                Event::End(_) => {
                    let (mut element, text) = open.pop().ok_or_else(|| Malformed("an end tag comes first".into()))?;
                    if element.content == Content::Children(Vec::new()) {
                        element.content = Content::Text(text);
                    }
                    element
                }
                Event::Text(text) => {
                    let text = text.xml10_content();
                    match open.last_mut() {
                        Some((_, seen)) => seen.push_str(&text),
                        None if text.trim().is_empty() => {}
                        None => return Err(Malformed("text stands outside the root".into())),
                    }
                    continue;
                }
                Event::CData(text) => {
                    let (_, seen) = open.last_mut().ok_or_else(|| Malformed("text stands outside the root".into()))?;
                    seen.push_str(&text.xml10_content());
                    continue;
                }
                Event::GeneralRef(reference) => {
                    let character = reference.resolve_char_ref().map_err(|error| Malformed(error.to_string()))?;
                    let name = reference.into_inner();
                    let outside = || Malformed("text stands outside the root".into());
                    let (_, seen) = open.last_mut().ok_or_else(outside)?;
                    match (character, resolve_predefined_entity(&name)) {
                        (Some(character), _) if !is_allowed(character) => return Err(Malformed::forbids(character)),
                        (Some(character), _) => seen.push(character),
                        (None, Some(text)) => seen.push_str(text),
                        (None, None) => return Err(Malformed(format!("the entity {name} is unknown"))),
                    }
                    continue;
                }
                Event::Eof if open.is_empty() => return root.ok_or_else(|| Malformed("it has no root".into())),
                Event::Eof => return Err(Malformed("it ends too early".into())),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
            };
            match open.last_mut() {
                Some((parent, _)) => parent.push(closed),
                None if root.is_some() => return Err(Malformed("it has two roots".into())),
                None => root = Some(closed),
            }
        }
    }

    /// The document whose root is this element.
    pub fn document(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        if let Some(namespace) = self.namespace {
            out.push_str(" xmlns=\"");
            out.push_str(namespace);
            out.push('"');
        }
        out.push('>');
        match &self.content {
            Content::Text(text) => {
                // What no document may hold has no spelling: whatever it was taken from, the document stays one.
                let text = text.replace(|character| !is_allowed(character), "\u{fffd}");
                // A carriage return would be read back as a line feed.
                out.push_str(&escape(&text).replace('\r', "&#13;"));
            }
            Content::Children(children) => children.iter().for_each(|child| child.write(out)),
        }
        out.push_str("</");
        out.push_str(&self.name);
        out.push('>');
    }
}

/// Whether a document of XML 1.0 may hold this character, as itself or as a reference.
fn is_allowed(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        other => other >= ' ',
    }
}

/// Attributes mean nothing here, but a document is none whose attributes are malformed.
fn check_attributes(start: &BytesStart<'_>) -> Result<(), Malformed> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| Malformed(error.to_string()))?;
        let value = unescape(&attribute.value).map_err(|error| Malformed(error.to_string()))?;
        if let Some(forbidden) = value.chars().find(|character| !is_allowed(*character)) {
            return Err(Malformed::forbids(forbidden));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_prefix_and_namespaces_are_ignored() {
        let document =
            br#"<?xml version="1.0"?><m:Message xmlns:m="http://mns"><m:Priority> 3 </m:Priority><Empty/></m:Message>"#;
        let message = Element::parse(document).unwrap();
        assert_eq!(message.name(), "Message");
        assert_eq!(message.child_text("Priority"), Some(" 3 "));
        assert_eq!(message.child_text("Empty"), Some(""));
        assert_eq!(message.child_text("Absent"), None);
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let text = " <a & b>\r\n\"quoted\" 中文\t";
        let written = Element::new("Root").in_namespace("http://n/").field("Text", text).document();
        assert_eq!(Element::parse(written.as_bytes()).unwrap().child_text("Text"), Some(text));
    }

    #[test]
    fn character_data_and_references_are_one_text() {
        let element = Element::parse(b"<A>x<![CDATA[<&>]]>&#65;&amp;</A>").unwrap();
        assert_eq!(element.as_text(), "x<&>A&");
    }

    #[test]
    fn a_character_that_no_document_may_hold_is_refused_as_itself_and_as_a_reference() {
        for character in ['\u{0}', '\u{1}', '\u{8}', '\u{b}', '\u{c}', '\u{1f}', '\u{fffe}', '\u{ffff}'] {
            let code = u32::from(character);
            for document in [
                format!("<A>x{character}</A>"),
                format!("<A><![CDATA[{character}]]></A>"),
                format!("<A><!--{character}--></A>"),
                format!("<A>&#{code};</A>"),
                format!("<A>&#x{code:X};</A>"),
                format!("<A x='{character}'/>"),
                format!("<A x='&#{code};'></A>"),
            ] {
                assert!(Element::parse(document.as_bytes()).is_err(), "{document:?}");
            }
        }
        for reference in ["&#xD800;", "&#xDFFF;", "&#55296;", "&#x110000;", "&#;", "&#x;", "&#-1;"] {
            assert!(Element::parse(format!("<A>{reference}</A>").as_bytes()).is_err(), "{reference}");
        }
        assert!(Element::parse(b"<A>\xed\xa0\x80</A>").is_err(), "half of a pair, as bytes");
        let allowed = Element::parse("<A>\t\n&#13;&#x9;\u{7f}\u{85}\u{fffd}&#x10FFFF;</A>".as_bytes()).unwrap();
        assert_eq!(allowed.as_text(), "\t\n\r\t\u{7f}\u{85}\u{fffd}\u{10ffff}");
    }

    #[test]
    fn what_is_written_is_a_document_whatever_it_holds() {
        let written = Element::text("Key", "a\u{1}b\u{ffff}").document();
        assert_eq!(Element::parse(written.as_bytes()).unwrap().as_text(), "a\u{fffd}b\u{fffd}");
    }

    #[test]
    fn a_broken_document_is_refused() {
        for document in [
            "",
            " ",
            "<A>",
            "<A></B>",
            "</A>",
            "<A>&nbsp;</A>",
            "text",
            "<A/>text",
            "text<A/>",
            "<A/><B/>",
            "<A/>&amp;",
            "<A/><![CDATA[x]]>",
            "<A x=1/>",
            "<A x='1' x='2'/>",
        ] {
            assert!(Element::parse(document.as_bytes()).is_err(), "{document:?}");
        }
        for whole in ["\u{feff}<?xml version='1.0'?>\n<A/>\n<!-- end -->\n", "<A x='&lt;'/>"] {
            assert!(Element::parse(whole.as_bytes()).is_ok(), "{whole:?}");
        }
        let deep = "<A>".repeat(17) + &"</A>".repeat(17);
        assert!(Element::parse(deep.as_bytes()).is_err());
    }
}
