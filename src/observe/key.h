/*
 * observe/key.h -- the names foreign records use for what we know.
 *
 * Every shape of JSON we read, and the XML of EVTX, is a tree of named values.
 * One table of dotted paths says which places in that tree mean something to
 * us; a reader walks its input once, stepping through the table as it goes, so
 * a record of mixed shapes (Windows events shipped with ECS fields) needs no
 * reader of its own.
 */
#ifndef OBSERVE_KEY_H
#define OBSERVE_KEY_H

#include "base/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Names of the Elastic Common Schema and of the envelopes around Windows events. */
#define SCHEMA_KEYS(X)                                                                             \
    X(timestamp, "@timestamp")                                                                     \
    X(event_module, "event.module")                                                                \
    X(event_provider, "event.provider")                                                            \
    X(event_category, "event.category")                                                            \
    X(event_type, "event.type")                                                                    \
    X(event_action, "event.action")                                                                \
    X(event_created, "event.created")                                                              \
    X(host_name, "host.name")                                                                      \
    X(host_hostname, "host.hostname")                                                              \
    X(user_name, "user.name")                                                                      \
    X(user_domain, "user.domain")                                                                  \
    X(user_target_name, "user.target.name")                                                        \
    X(process_entity_id, "process.entity_id")                                                      \
    X(process_pid, "process.pid")                                                                  \
    X(process_executable, "process.executable")                                                    \
    X(process_name, "process.name")                                                                \
    X(process_command_line, "process.command_line")                                                \
    X(process_hash_sha256, "process.hash.sha256")                                                  \
    X(process_hash_sha1, "process.hash.sha1")                                                      \
    X(process_hash_md5, "process.hash.md5")                                                        \
    X(parent_entity_id, "process.parent.entity_id")                                                \
    X(parent_pid, "process.parent.pid")                                                            \
    X(parent_executable, "process.parent.executable")                                              \
    X(target_entity_id, "Target.process.entity_id")                                                \
    X(target_pid, "Target.process.pid")                                                            \
    X(target_executable, "Target.process.executable")                                              \
    X(file_path, "file.path")                                                                      \
    X(file_hash_sha256, "file.hash.sha256")                                                        \
    X(file_hash_sha1, "file.hash.sha1")                                                            \
    X(file_hash_md5, "file.hash.md5")                                                              \
    X(dll_path, "dll.path")                                                                        \
    X(dll_hash_sha256, "dll.hash.sha256")                                                          \
    X(dll_hash_sha1, "dll.hash.sha1")                                                              \
    X(dll_hash_md5, "dll.hash.md5")                                                                \
    X(registry_path, "registry.path")                                                              \
    X(registry_data, "registry.data.strings")                                                      \
    X(source_ip, "source.ip")                                                                      \
    X(source_port, "source.port")                                                                  \
    X(destination_ip, "destination.ip")                                                            \
    X(destination_port, "destination.port")                                                        \
    X(destination_domain, "destination.domain")                                                    \
    X(network_transport, "network.transport")                                                      \
    X(network_number, "network.iana_number")                                                       \
    X(network_direction, "network.direction")                                                      \
    X(dns_question_name, "dns.question.name")                                                      \
    X(dns_resolved_ip, "dns.resolved_ip")                                                          \
    X(service_name, "service.name")                                                                \
    X(script_text, "powershell.file.script_block_text")                                            \
    X(logon_type_word, "winlog.logon.type")                                                        \
    X(logon_id, "winlog.logon.id")                                                                 \
    X(event_id, "EventID")                                                                         \
    X(channel, "Channel")                                                                          \
    X(provider, "SourceName")                                                                      \
    X(computer, "Hostname")                                                                        \
    X(system_time, "Event.System.TimeCreated.SystemTime")                                          \
    X(event_time, "EventTime")                                                                     \
    X(execution_pid, "Event.System.Execution.ProcessID")                                           \
    X(data_name, "")                                                                               \
    X(data_text, "")

/* Names of flow logs: Zeek, Suricata, argus, tables of internal and external ends. */
#define FLOW_KEYS(X)                                                                               \
    X(ts, "ts")                                                                                    \
    X(orig_h, "id.orig_h")                                                                         \
    X(orig_p, "id.orig_p")                                                                         \
    X(resp_h, "id.resp_h")                                                                         \
    X(resp_p, "id.resp_p")                                                                         \
    X(proto, "proto")                                                                              \
    X(service, "service")                                                                          \
    X(duration, "duration")                                                                        \
    X(orig_bytes, "orig_bytes")                                                                    \
    X(resp_bytes, "resp_bytes")                                                                    \
    X(orig_pkts, "orig_pkts")                                                                      \
    X(resp_pkts, "resp_pkts")                                                                      \
    X(orig_ip_bytes, "orig_ip_bytes")                                                              \
    X(resp_ip_bytes, "resp_ip_bytes")                                                              \
    X(timestamp, "timestamp")                                                                      \
    X(event_type, "event_type")                                                                    \
    X(src_ip, "src_ip")                                                                            \
    X(src_port, "src_port")                                                                        \
    X(dest_ip, "dest_ip")                                                                          \
    X(dest_port, "dest_port")                                                                      \
    X(app_proto, "app_proto")                                                                      \
    X(pkts_toserver, "flow.pkts_toserver")                                                         \
    X(pkts_toclient, "flow.pkts_toclient")                                                         \
    X(bytes_toserver, "flow.bytes_toserver")                                                       \
    X(bytes_toclient, "flow.bytes_toclient")                                                       \
    X(flow_start, "flow.start")                                                                    \
    X(flow_end, "flow.end")                                                                        \
    X(StartTime, "StartTime")                                                                      \
    X(Dur, "Dur")                                                                                  \
    X(Proto, "Proto")                                                                              \
    X(SrcAddr, "SrcAddr")                                                                          \
    X(Sport, "Sport")                                                                              \
    X(Dir, "Dir")                                                                                  \
    X(DstAddr, "DstAddr")                                                                          \
    X(Dport, "Dport")                                                                              \
    X(TotPkts, "TotPkts")                                                                          \
    X(TotBytes, "TotBytes")                                                                        \
    X(SrcBytes, "SrcBytes")                                                                        \
    X(SrcPkts, "SrcPkts")                                                                          \
    X(intIP, "intIP")                                                                              \
    X(extIP, "extIP")                                                                              \
    X(dport, "dport")                                                                              \
    X(dir, "dir")                                                                                  \
    X(sport, "sport")                                                                              \
    X(incount, "incount")                                                                          \
    X(outcount, "outcount")                                                                        \
    X(insize, "insize")                                                                            \
    X(outsize, "outsize")                                                                          \
    X(time, "time")

/* Names inside the data of a Windows event: the same at every place it may stand. */
/* clang-format off */ /* it would build a staircase */
#define DATA_KEYS(X)                                                                               \
    X(UtcTime) X(TimeCreated) X(ProcessGuid) X(ProcessId) X(ProcessID) X(Image) X(User)            \
    X(CommandLine) X(Hashes) X(Hash) X(LogonId) X(ParentProcessGuid) X(ParentProcessId)            \
    X(ParentImage) X(TargetFilename) X(Protocol) X(Initiated) X(SourceIp) X(SourcePort)            \
    X(DestinationIp) X(DestinationPort) X(DestinationHostname) X(ImageLoaded)                      \
    X(SourceProcessGuid) X(SourceProcessId) X(SourceImage) X(TargetProcessGuid)                    \
    X(TargetProcessId) X(TargetImage) X(SourceUser) X(TargetUser) X(SourceProcessGUID)             \
    X(TargetProcessGUID) X(GrantedAccess) X(Device) X(TargetObject) X(Details) X(NewName)          \
    X(EventType) X(PipeName) X(Name) X(Query) X(Destination) X(Consumer) X(Filter) X(Operation)    \
    X(QueryName) X(QueryResults) X(Type) X(Contents) X(Configuration) X(State) X(SubjectUserName)  \
    X(SubjectDomainName) X(SubjectLogonId) X(TargetUserName) X(TargetDomainName) X(TargetLogonId)  \
    X(LogonType) X(IpAddress) X(IpPort) X(WorkstationName) X(ProcessName) X(NewProcessId)          \
    X(NewProcessName) X(ParentProcessName) X(ServiceName) X(ServiceFileName) X(ImagePath)          \
    X(AccountName) X(TaskName) X(TaskContent) X(TaskContentNew) X(ClientProcessId) X(ActionName)   \
    X(Path) X(UserName) X(UserContext) X(ObjectType) X(ObjectName) X(ObjectValueName) X(NewValue)  \
    X(AccessMask) X(AccessList) X(ShareName) X(ShareLocalPath) X(RelativeTargetName)               \
    X(Application) X(Direction) X(SourceAddress) X(DestAddress) X(DestPort) X(TargetServerName)    \
    X(MemberName) X(MemberSid) X(TargetSid) X(CallerProcessId) X(CallerProcessName)                \
    X(SourceProcessIdHex) X(ScriptBlockText) X(Payload) X(ContextInfo) X(HostApplication)          \
    X(param1) X(param2) X(ObjectDN) X(AttributeLDAPDisplayName) X(AttributeValue)                  \
    X(RpcCallClientLocality) X(Service) X(PrivilegeList) X(EventNamespace) X(SubStatus) X(Status)
/* clang-format on */

enum key {
    KEY_NONE,
#define X(name, path) KEY_##name,
    SCHEMA_KEYS(X)
#undef X
#define X(name) DATA_##name,
        DATA_KEYS(X)
#undef X
#define X(name, path) FLOW_##name,
            FLOW_KEYS(X)
#undef X
                KEY_COUNT
};

/* A place in the tree: 0 is the root, KEY_NOWHERE is off the table. */
enum { KEY_ROOT = 0, KEY_NOWHERE = 255 };

/* What one step leads to: a key, if the value here means something; a place, if names under it do.
 */
struct key_step {
    uint8_t key;   /* KEY_NONE: nothing by itself */
    uint8_t place; /* KEY_NOWHERE: nothing below */
    bool listed;   /* below: also a list of {"Name": …, "#text": …} objects */
};

/* Build the table; any number of times, from any thread. Before any key_find. */
void keys_prepare(void);

/* From `place` by one name. */
struct key_step key_find(uint8_t place, struct bytes name);

/* From `place` by a name with dots in it ("process.name" written flat). */
struct key_step key_find_dotted(uint8_t place, struct bytes name);

/* The place of the data of a Windows event, and of one element of a list of such data. */
uint8_t key_data_place(void);
uint8_t key_list_place(void);

#ifdef __cplusplus
}
#endif

#endif
