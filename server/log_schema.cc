#include "server/log_schema.h"

namespace kismet {

namespace {

/// Column names and their order are the format's; readers know them by both.
constexpr const char* kTables = R"(
CREATE TABLE IF NOT EXISTS KISMET (kismet_version TEXT, db_version INT, db_module TEXT);
CREATE TABLE IF NOT EXISTS messages (ts_sec INT, lat REAL, lon REAL, msgtype TEXT, message TEXT);
CREATE TABLE IF NOT EXISTS alerts (ts_sec INT, ts_usec INT, phyname TEXT, devmac TEXT, lat REAL, lon REAL,
  header TEXT, json BLOB);
CREATE TABLE IF NOT EXISTS snapshots (ts_sec INT, ts_usec INT, lat REAL, lon REAL, snaptype TEXT, json BLOB);
CREATE TABLE IF NOT EXISTS devices (first_time INT, last_time INT, devkey TEXT, phyname TEXT, devmac TEXT,
  strongest_signal INT, min_lat REAL, min_lon REAL, max_lat REAL, max_lon REAL, avg_lat REAL, avg_lon REAL,
  bytes_data INT, type TEXT, device BLOB, UNIQUE(phyname, devmac) ON CONFLICT REPLACE);
CREATE TABLE IF NOT EXISTS packets (ts_sec INT, ts_usec INT, phyname TEXT, sourcemac TEXT, destmac TEXT, transmac TEXT,
  frequency REAL, devkey TEXT, lat REAL, lon REAL, alt REAL, speed REAL, heading REAL, packet_len INT, signal INT,
  datasource TEXT, dlt INT, packet BLOB, error INT, tags TEXT, datarate REAL, hash INT, packetid INT,
  packet_full_len INT);
CREATE TABLE IF NOT EXISTS data (ts_sec INT, ts_usec INT, phyname TEXT, devmac TEXT, lat REAL, lon REAL, alt REAL,
  speed REAL, heading REAL, datasource TEXT, type TEXT, json BLOB);
CREATE TABLE IF NOT EXISTS datasources (uuid TEXT, typestring TEXT, definition TEXT, name TEXT, interface TEXT,
  json BLOB, UNIQUE(uuid) ON CONFLICT REPLACE);
CREATE TABLE IF NOT EXISTS message_details (id INTEGER PRIMARY KEY, ts_usec INT, source TEXT, repeats INT);
CREATE TABLE IF NOT EXISTS events (ts_sec INT, ts_usec INT, topic TEXT, json TEXT);
)";

}  // namespace

SqlFault create_log_schema(Sqlite& database, std::string_view version) {
  if (SqlFault fault = database.exec("BEGIN IMMEDIATE")) return fault;
  SqlFault fault = database.exec(kTables);
  SqlStatement insert;
  if (!fault) {
    fault = database.prepare("INSERT INTO KISMET SELECT ?, 10, 'kismetlog' WHERE NOT EXISTS (SELECT 1 FROM KISMET)",
                             insert);
  }
  if (!fault) fault = insert.bind(1, version).run();
  if (!fault) return database.exec("COMMIT");
  database.exec("ROLLBACK");
  return fault;
}

}  // namespace kismet
