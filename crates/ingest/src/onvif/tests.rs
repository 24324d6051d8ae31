//! Documents as cameras send them, and as no camera should.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<m:MetadataStream xmlns:m="http://www.onvif.org/ver10/schema"
    xmlns="http://docs.oasis-open.org/wsn/b-2" xmlns:t="http://www.onvif.org/ver10/topics"
    xmlns:tns1="http://vendor.example/topics">"#;

fn document(inside: &str) -> String {
    format!("{HEAD}{inside}</m:MetadataStream>")
}

fn notification(topic: &str, message: &str) -> String {
    document(&format!(
        r#"<m:Event><NotificationMessage>
             <Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">{topic}</Topic>
             <Message>{message}</Message>
           </NotificationMessage></m:Event>"#
    ))
}

fn refused(text: &str) -> MetadataError {
    Metadata::parse(text.as_bytes()).unwrap_err()
}

#[test]
fn objects_come_out_in_our_coordinates() {
    let text = document(
        r#"<m:VideoAnalytics><m:Frame UtcTime="2026-03-01T00:00:00.5Z">
            <m:Transformation><m:Translate x="-1" y="1"/><m:Scale x="0.01" y="-0.02"/></m:Transformation>
            <m:Object ObjectId="12"><m:Appearance>
              <m:Shape><m:BoundingBox left="20" top="10" right="60" bottom="50"/>
                <m:CenterOfGravity x="40" y="30"/></m:Shape>
              <m:Class><m:ClassCandidate><m:Type>Vehicle</m:Type><m:Likelihood>0.95</m:Likelihood></m:ClassCandidate>
                <m:ClassCandidate><m:Type>Car</m:Type><m:Likelihood>0.75</m:Likelihood></m:ClassCandidate>
                <m:Type Likelihood="0.5">Bus</m:Type></m:Class>
            </m:Appearance></m:Object>
            <m:Object ObjectId="13"><m:Appearance>
              <m:Shape><m:BoundingBox left="0" top="0" right="1" bottom="1"/></m:Shape>
              <m:Class><m:Type Likelihood="0.9">HumanFace</m:Type></m:Class>
            </m:Appearance></m:Object>
            <m:Object ObjectId="14"/>
            <m:Object ObjectId="15"><m:Appearance>
              <m:Shape><m:BoundingBox left="0" top="0" right="100" bottom="100"/></m:Shape>
              <m:Class><m:Type Likelihood="0.9">Human</m:Type></m:Class>
              <m:HumanFace><m:Gender>x</m:Gender></m:HumanFace>
            </m:Appearance></m:Object>
        </m:Frame></m:VideoAnalytics>"#,
    );
    let metadata = Metadata::parse(text.as_bytes()).unwrap();
    assert!(metadata.notifications.is_empty());
    let [frame] = metadata.frames.as_slice() else { panic!("{metadata:?}") };
    assert_eq!(frame.time, "2026-03-01T00:00:00.5Z".parse().ok());
    let [object, person] = frame.objects.as_slice() else { panic!("{frame:?}") };
    assert_eq!((person.id.as_str(), person.class), ("15", Some((Class::Person, 0.9))));
    assert_eq!(frame.refused, 2, "a face, and what the person's looks like");
    assert_eq!((object.id.as_str(), object.class), ("12", Some((Class::Car, 0.75))));
    let Bbox { left, top, width, height } = object.bbox;
    for (side, expected) in [(left, 0.1), (top, 0.1), (width, 0.2), (height, 0.4)] {
        assert!((side - expected).abs() < 1e-6, "{:?}", object.bbox);
    }
}

#[test]
fn a_notification_is_read_by_namespace_and_not_by_prefix() {
    let text = notification(
        "t:RuleEngine/LineDetector/Crossed",
        r#"<m:Message UtcTime="2026-03-01T00:00:01Z" PropertyOperation="Changed">
             <m:Source><m:SimpleItem Name="Rule" Value="Gate &amp; lane &#49;"/></m:Source>
             <m:Key><m:SimpleItem Name="ObjectId" Value="12"/></m:Key>
             <m:Data><m:SimpleItem Name="State" Value="true"/><m:ElementItem Name="x"><y/></m:ElementItem></m:Data>
           </m:Message>"#,
    );
    let metadata = Metadata::parse(text.as_bytes()).unwrap();
    let [found] = metadata.notifications.as_slice() else { panic!("{metadata:?}") };
    assert_eq!(found.topic, "RuleEngine/LineDetector/Crossed");
    assert_eq!(found.time, "2026-03-01T00:00:01Z".parse().ok());
    assert_eq!(found.operation, Some(Operation::Changed));
    assert_eq!(found.value("Rule"), Some("Gate & lane 1"));
    assert_eq!((found.value("ObjectId"), found.value("State")), (Some("12"), Some("true")));
    assert_eq!(found.data.len(), 1);
}

#[test]
fn a_topic_of_another_tree_does_not_pass_for_one_of_onvif() {
    for (text, topic) in [
        (
            "tns1:RuleEngine/LineDetector/Crossed",
            "{http://vendor.example/topics}RuleEngine/LineDetector/Crossed",
        ),
        ("RuleEngine/LineDetector/Crossed", "{}RuleEngine/LineDetector/Crossed"),
        ("none:RuleEngine/LineDetector/Crossed", "{}RuleEngine/LineDetector/Crossed"),
        (
            "t:RuleEngine/tns1:LineDetector/Crossed",
            "RuleEngine/{http://vendor.example/topics}LineDetector/Crossed",
        ),
        ("t:RuleEngine/t:LineDetector/Crossed", "RuleEngine/LineDetector/Crossed"),
    ] {
        let read = Metadata::parse(notification(text, "").as_bytes()).unwrap();
        assert_eq!(read.notifications[0].topic, topic, "{text}");
    }
}

#[test]
fn what_could_blow_up_is_refused() {
    let mut bomb = r#"<!DOCTYPE b [<!ENTITY a0 "ha">"#.to_owned();
    for level in 1..30 {
        let before = level - 1;
        write!(bomb, r#"<!ENTITY a{level} "&a{before};&a{before};&a{before};&a{before};">"#)
            .unwrap();
    }
    let text = HEAD.replace("?>\n", &format!("?>\n{bomb}]>\n"));
    assert_eq!(refused(&format!("{text}&a29;</m:MetadataStream>")), MetadataError::DocumentType);
    assert_eq!(refused(&document("&a29;")), MetadataError::Entity);
    let item = r#"<m:Source><m:SimpleItem Name="&xxe;"/></m:Source>"#;
    let message = format!("<m:Message>{item}</m:Message>");
    assert_eq!(refused(&notification("t:A", &message)), MetadataError::Entity);
    let deep = "<a>".repeat(100_000 / 3);
    assert_eq!(refused(&document(&deep)), MetadataError::TooLarge("depth"));
    assert_eq!(refused(&document(&"<a/>".repeat(20_000))), MetadataError::TooLarge("elements"));
    let long = format!(r#"<a b="{}"/>"#, "x".repeat(2000));
    assert_eq!(refused(&document(&long)), MetadataError::TooLarge("attribute"));
    let many: String =
        (0..500).fold(String::new(), |text, number| text + &format!(r#" a{number}="""#));
    assert_eq!(refused(&document(&format!("<a{many}/>"))), MetadataError::TooLarge("attributes"));
    let bound: String =
        (0..500).fold(String::new(), |text, number| text + &format!(r#" xmlns:a{number}="u""#));
    assert_eq!(refused(&document(&format!("<a{bound}/>"))), MetadataError::Malformed);
    let topic = "x".repeat(2000);
    assert_eq!(refused(&notification(&topic, "")), MetadataError::TooLarge("text"));
    assert_eq!(refused(&"x".repeat(limits::BYTES + 1)), MetadataError::TooLarge("bytes"));
    let objects = r#"<m:Object ObjectId="1"/>"#.repeat(5000);
    let frame =
        document(&format!("<m:VideoAnalytics><m:Frame>{objects}</m:Frame></m:VideoAnalytics>"));
    assert!(Metadata::parse(frame.as_bytes()).is_ok(), "objects without a place are none");
}

#[test]
fn what_is_no_metadata_is_refused() {
    for (text, error) in [
        ("", MetadataError::Malformed),
        ("GET / HTTP/1.1", MetadataError::Malformed),
        ("<a/>", MetadataError::OtherDocument),
        ("<MetadataStream/>", MetadataError::OtherDocument),
        (HEAD, MetadataError::Malformed),
        (&document("<m:Event>"), MetadataError::Malformed),
        (&format!("{}<a/>", document("")), MetadataError::Malformed),
        (&document("<m:VideoAnalytics></m:Event>"), MetadataError::Malformed),
    ] {
        assert_eq!(refused(text), error, "{text}");
    }
    assert_eq!(Metadata::parse(&[0xff, 0xfe, b'<']), Err(MetadataError::Malformed));
    let padded = format!("{}\0\0\0", document(""));
    assert_eq!(Metadata::parse(padded.as_bytes()), Ok(Metadata::default()));
}

#[test]
fn numbers_that_are_none_do_no_harm() {
    let text = document(
        r#"<m:VideoAnalytics><m:Frame UtcTime="yesterday">
            <m:Transformation><m:Scale x="1e38" y="NaN"/></m:Transformation>
            <m:Object ObjectId="1"><m:Appearance>
              <m:Transformation><m:Scale x="1e38" y="inf"/></m:Transformation>
              <m:Shape><m:BoundingBox left="-1" top="1" right="1" bottom="-1"/></m:Shape>
            </m:Appearance></m:Object>
            <m:Object><m:Appearance><m:Shape><m:BoundingBox left="NaN" top="1" right="1" bottom="0"/></m:Shape></m:Appearance></m:Object>
        </m:Frame></m:VideoAnalytics>"#,
    );
    let metadata = Metadata::parse(text.as_bytes()).unwrap();
    assert_eq!(metadata.frames, [SceneFrame::default()]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
        let _ = Metadata::parse(&bytes);
    }

    /// Pieces of real documents in any order, cut anywhere.
    #[test]
    fn any_row_of_pieces_is_read_without_panic(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "<m:Event>", "</m:Event>", "<NotificationMessage>", "</NotificationMessage>",
                "<Topic>", "t:RuleEngine/", "</Topic>", "<Message>", "</Message>",
                "<m:Message PropertyOperation=\"Changed\">", "</m:Message>", "<m:Data>", "</m:Data>",
                "<m:SimpleItem Name=\"State\" Value=\"1\"/>", "<m:VideoAnalytics>",
                "</m:VideoAnalytics>", "<m:Frame>", "</m:Frame>", "<m:Object ObjectId=\"1\">",
                "</m:Object>", "<m:Appearance>", "</m:Appearance>", "<m:Shape>", "</m:Shape>",
                "<m:BoundingBox left=\"1\" top=\"2\" right=\"3\" bottom=\"4\"/>", "&amp;", "&#x0;",
                "&x;", "<![CDATA[", "]]>", "<!--", "-->", "<?p", "?>", "xmlns:t=\"\"", "\0", "ế",
            ]),
            0..40,
        ),
        cut in 0_usize..2000,
    ) {
        let text = document(&pieces.concat());
        let _ = Metadata::parse(text.as_bytes());
        let _ = Metadata::parse(&text.as_bytes()[..cut.min(text.len())]);
    }
}
