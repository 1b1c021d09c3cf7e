#include "server/helper_line.h"

namespace kismet {

std::string split_arguments(std::string_view text, std::vector<std::string>& out) {
  std::string word;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (quote == '\'') {
      if (c == quote) {
        quote = '\0';
      } else {
        word += c;
      }
    } else if (c == '\\' && (quote == '\0' || next == '"' || next == '\\')) {
      if (i + 1 == text.size()) return "the last backslash takes nothing";
      word += next;
      in_word = true;
      ++i;
    } else if (quote == '"') {
      if (c == quote) {
        quote = '\0';
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t') {
      if (in_word) out.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != '\0') return std::string("the quote ") + quote + " does not close";
  if (in_word) out.push_back(std::move(word));
  return {};
}

}  // namespace kismet
