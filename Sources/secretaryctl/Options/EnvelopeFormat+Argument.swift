// Public, as conformances of public types are; nothing outside this program sees them.
public import ArgumentParser
public import SecretaryCore

extension EnvelopeFormat: ExpressibleByArgument {}
