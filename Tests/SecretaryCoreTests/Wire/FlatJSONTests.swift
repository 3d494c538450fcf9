@testable import SecretaryCore
import Testing

@Suite("JSON of the daemon's protocol")
struct FlatJSONTests {
    @Test(
        "objects of strings are read",
        arguments: [
            ("{}", [:]), (" { } ", [:]), (#"{"a":"b"}"#, ["a": "b"]),
            ("\t{\"a\"\n:\r\"\", \"b\" : \"c\"}", ["a": "", "b": "c"]),
            (#"{"a":"\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00"}"#, ["a": "\"\\/\u{8}\u{C}\n\r\tA\u{E9}\u{1F600}"]),
            (#"{"\u0061":"ä"}"#, ["a": "ä"]),
        ])
    func reads(_ text: String, _ expected: [String: String]) throws {
        #expect(try FlatJSON.strings(in: Array(text.utf8)) == expected)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "{", "}", "[]", #"{"a"}"#, #"{"a":}"#, #"{"a":1}"#, #"{"a":null}"#, #"{"a":{}}"#, #"{"a":"b",}"#,
            #"{"a":"b"}x"#, #"{"a":"b" "c":"d"}"#, #"{"a":"b","a":"c"}"#, #"{"a":"b","\u0061":"c"}"#, #"{"a":"b"#,
            #"{"a":"\"#, #"{"a":"\"}"#, #"{"a":"\x"}"#, #"{"a":"\u12"}"#, #"{"a":"\ud800"}"#, #"{"a":"\ud800\u0041"}"#,
            #"{"a":"\udc00"}"#, "{\"a\":\"\n\"}",
        ])
    func refuses(_ text: String) {
        let error = #expect(throws: SecretaryError.self) { try FlatJSON.strings(in: Array(text.utf8)) }
        #expect(error?.code == .malformed)
    }

    @Test("whoever sends very many members gets no work done for them")
    func manyMembers() throws {
        func object(_ count: Int) -> [UInt8] {
            Array("{\((0..<count).map { "\"\($0)\":\"\"" }.joined(separator: ","))}".utf8)
        }
        #expect(try FlatJSON.strings(in: object(100)).count == 100)
        #expect(throws: SecretaryError.self) { try FlatJSON.strings(in: object(101)) }
    }

    @Test("text that is not UTF-8 is refused")
    func notUTF8() {
        #expect(throws: SecretaryError.self) {
            try FlatJSON.strings(in: Array(#"{"a":""#.utf8) + [0xFF] + Array(#""}"#.utf8))
        }
    }
}
