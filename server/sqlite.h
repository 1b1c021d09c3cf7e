#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace kismet {

/// Why SQLite refused; converts to false if it did not.
struct SqlFault {
  int code = 0;      // SQLite's primary result code.
  std::string text;  // For people.
  explicit operator bool() const { return code != 0; }
  /// The file is no database, or no longer a whole one: it must be left alone.
  bool is_damage() const;
};

/// A prepared statement. Values are bound from 1, columns read from 0; texts are copied in.
/// Thread rule: that of its database. A value that can be moved; dies before its database.
class SqlStatement {
 public:
  SqlStatement() = default;
  explicit SqlStatement(sqlite3_stmt* statement) : statement_(statement) {}

  SqlStatement& bind(int index, std::int64_t value);
  SqlStatement& bind(int index, std::string_view text);
  SqlStatement& bind_blob(int index, std::string_view bytes);

  /// Runs to the end and makes it ready to be bound again.
  SqlFault run();
  /// Steps to the next row; `row` is false at the end.
  SqlFault step(bool& row);
  std::int64_t integer(int column) const;
  std::string text(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  SqlFault fault(int code) const;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One connection to an SQLite database.
/// Thread rule: one thread at a time. A value that can be moved.
class Sqlite {
 public:
  enum class Mode : unsigned char { create, read_only };

  SqlFault open(const std::string& path, Mode mode);
  void close() { database_.reset(); }
  bool is_open() const { return database_ != nullptr; }

  /// Runs statements without values or rows.
  SqlFault exec(const char* sql);
  SqlFault prepare(std::string_view sql, SqlStatement& statement);
  std::int64_t last_rowid() const;
  /// The file's number, to see whether the path still leads to it; 0 if that is not known.
  std::uint64_t inode() const { return inode_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
  std::uint64_t inode_ = 0;
};

/// The number of the file that `path` leads to; 0 if there is none.
std::uint64_t inode_of(const std::string& path);

}  // namespace kismet
