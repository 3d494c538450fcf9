internal import CYAML

/// One event of a YAML stream.
///
/// Places are scalars counted from the first after a byte order mark (libyaml's `index`).
enum YAMLEvent {
    case streamStart, streamEnd, documentStart, documentEnd
    case alias(anchor: String, at: Int)
    case scalar(YAMLScalar)
    case sequenceStart(anchor: String?, at: Int)
    case mappingStart(anchor: String?, at: Int)
    case sequenceEnd, mappingEnd
}

/// A scalar, unquoted and unfolded.
struct YAMLScalar {
    enum Style {
        case plain, quoted, block
    }

    let bytes: [UInt8]
    let style: Style
    let anchor: String?
    let tag: String?
    /// From the anchor or tag, if there is one, to the end of the text.
    let places: Range<Int>
}

/// libyaml's complaint about a text.
struct YAMLFailure: Error {
    enum Place {
        case byte(Int)
        case character(Int)
    }

    let problem: String
    let place: Place
    /// What libyaml was reading, and since where.
    let context: (what: String, since: Int)?
}

/// libyaml's parser as a source of events; it holds one event at a time, whatever the size of the document.
@safe struct YAMLEvents: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>

    /// - Parameter input: UTF-8 without a byte order mark; must live as long as this value.
    init(_ input: UnsafeBufferPointer<UInt8>) throws(SecretaryError) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            unsafe parser.deallocate()
            throw SecretaryError(.system, "cannot allocate a YAML parser")
        }
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(parser, input.baseAddress, input.count)
        unsafe self.parser = parser
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
    }

    /// The next event; after `streamEnd` there is none to ask for.
    mutating func next() throws(YAMLFailure) -> YAMLEvent {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw failure() }
        defer { unsafe yaml_event_delete(&event) }
        let start = unsafe Int(event.start_mark.index)
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT: return .streamStart
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        case YAML_ALIAS_EVENT:
            return .alias(anchor: unsafe text(event.data.alias.anchor) ?? "", at: start)
        case YAML_SEQUENCE_START_EVENT:
            return .sequenceStart(anchor: unsafe text(event.data.sequence_start.anchor), at: start)
        case YAML_MAPPING_START_EVENT:
            return .mappingStart(anchor: unsafe text(event.data.mapping_start.anchor), at: start)
        case YAML_SCALAR_EVENT:
            return .scalar(
                unsafe scalar(event.data.scalar, places: start..<max(start, Int(event.end_mark.index))))
        default: return .streamEnd
        }
    }

    private func scalar(
        _ data: yaml_event_s.__Unnamed_union_data.__Unnamed_struct_scalar, places: Range<Int>
    ) -> YAMLScalar {
        let style: YAMLScalar.Style =
            switch unsafe data.style {
            case YAML_PLAIN_SCALAR_STYLE: .plain
            case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: .block
            default: .quoted
            }
        return YAMLScalar(
            bytes: unsafe [UInt8](UnsafeBufferPointer(start: data.value, count: data.length)),
            style: style, anchor: unsafe text(data.anchor), tag: unsafe text(data.tag), places: places)
    }

    private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        guard let pointer = unsafe pointer else { return nil }
        return unsafe String(cString: pointer)
    }

    private func failure() -> YAMLFailure {
        let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "the text cannot be read"
        switch unsafe parser.pointee.error {
        case YAML_MEMORY_ERROR:
            return YAMLFailure(problem: "no memory is left to read it", place: .byte(0), context: nil)
        case YAML_READER_ERROR:
            return YAMLFailure(
                problem: problem, place: .byte(unsafe Int(parser.pointee.problem_offset)), context: nil)
        default:
            let context = unsafe parser.pointee.context.map { context in
                unsafe (what: String(cString: context), since: Int(parser.pointee.context_mark.index))
            }
            return YAMLFailure(
                problem: problem, place: .character(unsafe Int(parser.pointee.problem_mark.index)), context: context)
        }
    }
}
