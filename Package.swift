// swift-tools-version:6.3
import PackageDescription

// One list of settings for every target: strict memory safety makes `grep -rn unsafe Sources` the audit list.
let checked: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "secretary",
    products: [
        .executable(name: "secretaryctl", targets: ["secretaryctl"]),
        .executable(name: "secretaryd", targets: ["secretaryd"]),
        .executable(name: "secretary-docker-plugin", targets: ["secretary-docker-plugin"]),
        .library(name: "SecretaryCore", targets: ["SecretaryCore"]),
        .library(name: "SecretFS", targets: ["SecretFS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2", traits: []),
    ],
    targets: [
        .systemLibrary(
            name: "CFuse3", pkgConfig: "fuse3",
            providers: [.apt(["libfuse3-dev"]), .yum(["fuse3-devel"])]),
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium",
            providers: [.apt(["libsodium-dev"]), .yum(["libsodium-devel"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(
            name: "CYAML", pkgConfig: "yaml-0.1",
            providers: [.apt(["libyaml-dev"]), .yum(["libyaml-devel"])]),
        // Its functions are looked up when the first request is made (dlopen): linking it would slow every start. So there is
        // no pkgConfig, which would link it.
        .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"]), .yum(["libcurl-devel"])]),
        .target(
            name: "SecretaryCore",
            dependencies: ["CLinux", "CSodium", "CYAML", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: checked),
        .target(
            name: "SecretFS",
            dependencies: [
                "CFuse3", "CLinux", "SecretaryCore",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: checked),
        .target(
            name: "SecretaryRemote",
            dependencies: [
                "CCurl", "SecretaryCore", .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: checked),
        // What servers have in common.
        .target(
            name: "SecretaryServer",
            dependencies: [
                "SecretaryCore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: checked),
        .executableTarget(
            name: "secretaryd",
            dependencies: [
                "SecretaryCore", "SecretaryRemote", "SecretaryServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: checked),
        .target(
            name: "DockerVolumePlugin",
            dependencies: [
                "CLinux", "SecretaryCore", "SecretaryServer",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "docker-plugin/Sources/DockerVolumePlugin",
            swiftSettings: checked),
        .executableTarget(
            name: "secretary-docker-plugin",
            dependencies: [
                "DockerVolumePlugin", "SecretaryCore", "SecretaryServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "docker-plugin/Sources/secretary-docker-plugin",
            swiftSettings: checked),
        .executableTarget(
            name: "secretaryctl",
            dependencies: [
                "CLinux", "SecretaryCore", "SecretFS", "SecretaryRemote", "SecretaryServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: checked),

        // What the test targets share: running commands, scratch folders, vectors.
        .target(
            name: "TestSupport",
            dependencies: [
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Tests/TestSupport",
            swiftSettings: checked),
        // A mount whose secrets hang, for tests of what readers see then.
        .executableTarget(
            name: "hanging-mount",
            dependencies: [
                "SecretFS", "SecretaryCore", .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Tests/HangingMount",
            swiftSettings: checked),
        .testTarget(
            name: "SecretaryCoreTests",
            dependencies: ["CSodium", "SecretaryCore", "TestSupport"],
            resources: [.copy("Vectors"), .copy("Interop")],
            swiftSettings: checked),
        .testTarget(
            name: "SecretaryRemoteTests",
            dependencies: [
                "SecretaryCore", "SecretaryRemote", "TestSupport", "secretaryctl",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            resources: [.copy("Programs")],
            swiftSettings: checked),
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "SecretaryCore", "SecretaryRemote", "SecretaryServer", "TestSupport", "secretaryctl", "secretaryd",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            // What is not ours: recorded exchanges, and clients and a daemon in Python.
            resources: [.copy("Programs"), .copy("Vectors")],
            swiftSettings: checked),
        .testTarget(
            name: "DockerTests",
            dependencies: [
                "DockerVolumePlugin", "SecretaryCore", "TestSupport", "secretary-docker-plugin", "secretaryctl",
                "secretaryd",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            // What makes the machine that the tests run an engine in.
            exclude: ["Programs"],
            swiftSettings: checked),
        .testTarget(
            name: "SecretFSTests",
            dependencies: ["SecretFS", "TestSupport"],
            swiftSettings: checked),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "SecretaryCore", "TestSupport", "secretaryctl",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            exclude: ["Snapshots"],
            swiftSettings: checked),
        .testTarget(
            name: "MountTests",
            dependencies: [
                "CLinux", "SecretaryCore", "TestSupport", "hanging-mount", "secretary-docker-plugin", "secretaryctl",
                "secretaryd",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            // C programs that the tests build on the spot.
            exclude: ["Programs"],
            swiftSettings: checked),
    ],
    swiftLanguageModes: [.v6]
)

// Only for scripts/fuzz: libFuzzer brings the main function of this program.
if Context.environment["SECRETARY_FUZZING"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzzing",
            dependencies: ["SecretaryCore", .product(name: "SystemPackage", package: "swift-system")],
            path: "Tests/Fuzzing",
            exclude: ["Corpus"],
            swiftSettings: checked + [.unsafeFlags(["-parse-as-library"])]))
}
