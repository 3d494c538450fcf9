import ArgumentParser

@main
struct Secretaryctl: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "secretaryctl")
}
