internal import Glibc
internal import SecretaryCore

/// The files of `.secretary`: what the mount says about itself.
///
/// Each look-up gives a new version.
enum Report: String, Sendable, CaseIterable {
    /// JSON: source, generation, counts, and what is wrong.
    case status
    /// The number of the tree, which goes up with each change of the source that was taken in.
    case generation

    /// Permission bits of a report.
    static let mode: UInt32 = 0o444

    /// What stands for the report in its directory: it has no text before somebody looks it up.
    func placeholder(name: [UInt8], parent: Inode, owner: UInt32, group: UInt32) -> Node {
        node(text: nil, name: name, parent: parent, owner: owner, group: group, modified: 0)
    }

    /// The report as it is now.
    /// - Parameter placeholder: what the directory holds.
    func node(text: [UInt8], for placeholder: Node, name: [UInt8], parent: Inode) -> Node {
        node(
            text: text, name: name, parent: parent, owner: placeholder.attributes.owner,
            group: placeholder.attributes.group, modified: WallClock.nanoseconds())
    }

    private func node(
        text: [UInt8]?, name: [UInt8], parent: Inode, owner: UInt32, group: UInt32, modified: Int64
    ) -> Node {
        Node(
            inode: Inode(parent: parent, name: name, version: text ?? Array("report".utf8)),
            attributes: Attributes(
                mode: Self.mode, owner: owner, group: group, size: text?.count ?? 0, modified: modified),
            body: text.map { .text($0) } ?? .report(self))
    }
}
