// Errors of the runtime as values: no exception crosses its interface. An Error is one pointer,
// null on success, so that returning one costs nothing on the path that matters.
#ifndef TC_RUNTIME_ERROR_H
#define TC_RUNTIME_ERROR_H

#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace tc::runtime {

/// Success, or a message. Tests true when it holds a message: `if (Error error = f()) return
/// error;`
class [[nodiscard]] Error {
public:
  Error() = default;
  explicit Error(std::string message) : text(std::make_unique<std::string>(std::move(message))) {}

  static Error success() { return Error(); }

  explicit operator bool() const { return text != nullptr; }
  /// The message; empty on success.
  std::string message() const { return text ? *text : std::string(); }
  /// Drops the error on purpose.
  void ignore() { text.reset(); }

private:
  std::unique_ptr<std::string> text;
};

/// A value or an Error. Tests true when it holds a value: `if (!x) return x.takeError();`
template <typename T> class [[nodiscard]] Expected {
public:
  Expected(T value) : state(std::in_place_index<0>, std::move(value)) {}
  Expected(Error error) : state(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state.index() == 0; }
  T &operator*() { return *std::get_if<0>(&state); }
  const T &operator*() const { return *std::get_if<0>(&state); }
  T *operator->() { return std::get_if<0>(&state); }
  const T *operator->() const { return std::get_if<0>(&state); }
  /// The error; success when there is a value.
  Error takeError() { return *this ? Error() : std::move(*std::get_if<1>(&state)); }
  /// The message of the error; empty when there is a value.
  std::string message() const { return *this ? std::string() : std::get_if<1>(&state)->message(); }

private:
  std::variant<T, Error> state;
};

} // namespace tc::runtime

#endif
