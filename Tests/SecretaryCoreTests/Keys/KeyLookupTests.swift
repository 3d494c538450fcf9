import Glibc
import SecretaryCore
import SystemPackage
import Testing
import TestSupport

@Suite("Looking keys up")
struct KeyLookupTests {
    private let scratch: Scratch
    private let argument: PrivateKey
    private let variable: PrivateKey
    private let fallback: PrivateKey
    private let argumentPath: FilePath
    private let variablePath: FilePath
    private let defaultPath: FilePath

    init() throws {
        scratch = try Scratch("lookup")
        (argument, variable, fallback) = (try .generate(), try .generate(), try .generate())
        argumentPath = try scratch.write("argument.pem", argument.text)
        variablePath = try scratch.write("variable.pem", variable.text)
        defaultPath = try scratch.write("default.pem", fallback.text)
    }

    private func find(argument: String?, value: String?, defaultPath: FilePath?, insecure: Bool = false) throws
        -> PrivateKey?
    {
        let values = value.map { ["MASTER_PRIVATE_KEY": $0] } ?? [:]
        return try KeyLookup(environment: .values(values), allowInsecureFiles: insecure).findPrivateKey(
            "master private key", argument: argument, variable: "MASTER_PRIVATE_KEY", defaultPath: defaultPath)
    }

    @Test("the command line comes before the variable, and the variable before the default file")
    func order() throws {
        let value = variablePath.string
        #expect(try find(argument: argumentPath.string, value: value, defaultPath: defaultPath)?.id == argument.id)
        #expect(try find(argument: nil, value: value, defaultPath: defaultPath)?.id == variable.id)
        #expect(try find(argument: nil, value: nil, defaultPath: defaultPath)?.id == fallback.id)
        #expect(try find(argument: nil, value: nil, defaultPath: scratch["none.pem"]) == nil)
        #expect(try find(argument: nil, value: nil, defaultPath: nil) == nil)
        // Empty is the same as not given, as in the original.
        #expect(try find(argument: "", value: "", defaultPath: defaultPath)?.id == fallback.id)
    }

    @Test("a variable holds a path, a PEM text or base64")
    func values() throws {
        let pem = String(decoding: try variable.text, as: UTF8.self)
        let base64 = pem.split(separator: "\n")[1]
        for value in [variablePath.string, pem, String(base64), "\(base64)\n", pem.replacing("\n", with: "\r\n")] {
            #expect(try find(argument: nil, value: value, defaultPath: nil)?.id == variable.id)
        }
    }

    @Test("public halves are found in the same places")
    func publicKeys() throws {
        let pem = String(decoding: variable.publicKey.pem, as: UTF8.self)
        let path = try scratch.write("public.pem", variable.publicKey.pem)
        for value in [pem, String(pem.split(separator: "\n")[1]), path.string] {
            let lookup = KeyLookup(environment: .values(["PUBLIC_KEY": value]))
            let found = try lookup.findPublicKey(
                "master public key", argument: nil, variable: "PUBLIC_KEY", defaultPath: nil)
            #expect(found == variable.publicKey)
        }
    }

    @Test("a place that is named must have a key: the next is not tried")
    func noFallThrough() throws {
        let missing = #expect(throws: SecretaryError.self) {
            try find(argument: scratch["none.pem"].string, value: variablePath.string, defaultPath: defaultPath)
        }
        #expect(missing?.code == .noInput)
        let broken = try scratch.write("broken.pem", "junk")
        for path in [broken.string, scratch.path.string] {
            #expect(throws: SecretaryError.self) {
                try find(argument: nil, value: path, defaultPath: defaultPath)
            }
        }
        #expect(throws: SecretaryError.self) { try find(argument: nil, value: nil, defaultPath: broken) }
    }

    @Test("a variable that is neither key nor file is an error that does not show its value")
    func badValue() throws {
        let half = String(String(decoding: try variable.text, as: UTF8.self).dropLast(20))
        for value in [half, "hunter2", String(repeating: "x", count: 5000), "/hunter2/\(half)"] {
            let error = try #require(
                #expect(throws: SecretaryError.self) { try find(argument: nil, value: value, defaultPath: nil) })
            #expect(error.code == .malformed)
            let reason = value.contains("-----BEGIN") ? ": " : " is not the path of a file: "
            #expect(error.message.hasPrefix("master private key: $MASTER_PRIVATE_KEY\(reason)not a private key: "))
            #expect(error.message.utf8.count < 200 && !error.message.contains("hunter2"))
        }
    }

    @Test("files that others can read are refused, or not, wherever they are named")
    func insecure() throws {
        for path in [argumentPath, variablePath, defaultPath] {
            #expect(unsafe chmod(path.string, 0o644) == 0)
        }
        let places: [(String?, String?)] = [
            (argumentPath.string, nil), (nil, variablePath.string), (nil, nil),
        ]
        for (argument, value) in places {
            let error = #expect(throws: SecretaryError.self) {
                try find(argument: argument, value: value, defaultPath: defaultPath)
            }
            #expect(error?.code == .denied)
            #expect(try find(argument: argument, value: value, defaultPath: defaultPath, insecure: true) != nil)
        }
    }

    @Test("no key at all is an error that lists the places and says what to do")
    func missing() throws {
        let error = try #require(
            #expect(throws: SecretaryError.self) {
                try KeyLookup(environment: .values([:])).requirePrivateKey(
                    "master private key", argument: nil, variable: "MASTER_PRIVATE_KEY",
                    defaultPath: "./keys/master-private-key.pem")
            })
        #expect(error.code == .noInput)
        #expect(
            error.message
                == "no master private key: none is named on the command line, $MASTER_PRIVATE_KEY is not set, "
                + "./keys/master-private-key.pem does not exist")
        #expect(error.hint?.contains("genkeys") == true)
    }

    @Test("the process's own environment is read where it lies")
    func processEnvironment() async throws {
        // In a process of its own, as setenv disturbs tests beside it.
        await #expect(processExitsWith: .exitCode(EXIT_SUCCESS)) {
            let key = try PrivateKey.generate()
            let lookup = KeyLookup()
            let before = try lookup.findPrivateKey("k", argument: nil, variable: "SOME_KEY", defaultPath: nil)
            unsafe setenv("SOME_KEY", String(decoding: try key.text, as: UTF8.self), 1)
            let after = try lookup.findPrivateKey("k", argument: nil, variable: "SOME_KEY", defaultPath: nil)
            exit(before == nil && after?.id == key.id ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }
}
