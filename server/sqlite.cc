#include "server/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "base/unique_fd.h"

namespace kismet {

namespace {

constexpr mode_t kMode = 0640;      // Messages may hold anything.
constexpr int kBusyTimeout = 2000;  // Milliseconds that another program's lock is waited for.

SqlFault fault_of(sqlite3* database, int code) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return {};
  const char* text = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  return {code & 0xFF, text};
}

}  // namespace

bool SqlFault::is_damage() const {
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

std::uint64_t inode_of(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

void SqlStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Sqlite::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

SqlStatement& SqlStatement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
  return *this;
}

SqlStatement& SqlStatement::bind(int index, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

SqlStatement& SqlStatement::bind_blob(int index, std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), index, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
  return *this;
}

SqlFault SqlStatement::fault(int code) const {
  return fault_of(sqlite3_db_handle(statement_.get()), code);
}

SqlFault SqlStatement::run() {
  SqlFault result = fault(sqlite3_step(statement_.get()));
  sqlite3_reset(statement_.get());
  return result;
}

SqlFault SqlStatement::step(bool& row) {
  const int code = sqlite3_step(statement_.get());
  row = code == SQLITE_ROW;
  return fault(code);
}

std::int64_t SqlStatement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string SqlStatement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
}

SqlFault Sqlite::open(const std::string& path, Mode mode) {
  // SQLite would let everybody read it; what it makes beside it has the same permissions. A file that is there is not
  // opened: to close it would end SQLite's own locks on it.
  if (mode == Mode::create) UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
  const int flags = mode == Mode::create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &database, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  database_.reset(database);
  SqlFault fault = fault_of(database, code);
  if (fault) {
    close();
    return fault;
  }
  sqlite3_busy_timeout(database, kBusyTimeout);
  inode_ = inode_of(path);
  return {};
}

SqlFault Sqlite::exec(const char* sql) {
  return fault_of(database_.get(), sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr));
}

SqlFault Sqlite::prepare(std::string_view sql, SqlStatement& statement) {
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &prepared, nullptr);
  statement = SqlStatement(prepared);
  return fault_of(database_.get(), code);
}

std::int64_t Sqlite::last_rowid() const {
  return sqlite3_last_insert_rowid(database_.get());
}

}  // namespace kismet
