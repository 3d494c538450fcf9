/// The methods that Secretary's clients use (RFC 9110, section 9.3).
public enum HTTPMethod: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
}
