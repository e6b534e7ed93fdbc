/*
 * lab/catalog.h -- the programs of the enterprise, as data.
 *
 * What a program is called, with which command lines it is started, what it
 * loads, writes, sets and talks to, what it starts in turn. All texts are
 * templates for lab/text.h. A list ends with NULL; its first entries are the
 * commonest. Adding a program is one line in the enum and one entry in the table.
 */
#ifndef LAB_CATALOG_H
#define LAB_CATALOG_H

#include <stdbool.h>
#include <stdint.h>

enum program_id {
    PROGRAM_NONE,
    /* the system itself, from boot to halt */
    PROGRAM_SYSTEM,
    PROGRAM_SMSS,
    PROGRAM_CSRSS,
    PROGRAM_WININIT,
    PROGRAM_WINLOGON,
    PROGRAM_SERVICES,
    PROGRAM_LSASS,
    PROGRAM_SVC_DCOM,
    PROGRAM_SVC_RPC,
    PROGRAM_SVC_DNSCACHE,
    PROGRAM_SVC_SCHEDULE,
    PROGRAM_SVC_PROFILE,
    PROGRAM_SVC_WINMGMT,
    PROGRAM_SVC_UPDATE,
    PROGRAM_SVC_TERM,
    PROGRAM_SVC_BITS,
    PROGRAM_SVC_LANMAN,
    PROGRAM_SVC_EVENTLOG,
    PROGRAM_SVC_DHCP,
    PROGRAM_SVC_APPINFO,
    PROGRAM_SPOOLER,
    PROGRAM_DEFENDER,
    PROGRAM_SEARCH_INDEXER,
    PROGRAM_SENSOR,
    PROGRAM_WMIPRVSE,
    /* a session */
    PROGRAM_USERINIT,
    PROGRAM_EXPLORER,
    PROGRAM_SIHOST,
    PROGRAM_TASKHOST,
    PROGRAM_RUNTIME_BROKER,
    PROGRAM_SEARCH_HOST,
    PROGRAM_CTFMON,
    PROGRAM_DWM,
    PROGRAM_DLLHOST,
    PROGRAM_SMARTSCREEN,
    PROGRAM_BACKGROUND_TASK,
    PROGRAM_LOGONUI,
    PROGRAM_AUDIODG,
    PROGRAM_CONSENT,
    /* what the machine does by itself now and then */
    PROGRAM_MPCMDRUN,
    PROGRAM_COMPATTEL,
    PROGRAM_DEFRAG,
    PROGRAM_SDIAGNHOST,
    PROGRAM_TIWORKER,
    PROGRAM_TRUSTED_INSTALLER,
    PROGRAM_USOCLIENT,
    PROGRAM_MOUSO,
    PROGRAM_WUAUCLT,
    PROGRAM_CHKDSK,
    PROGRAM_CLEANMGR,
    PROGRAM_GPUPDATE,
    PROGRAM_CONHOST,
    PROGRAM_MSIEXEC,
    PROGRAM_EDGE_UPDATE,
    PROGRAM_CHROME_UPDATE,
    PROGRAM_SETUP,
    PROGRAM_ONEDRIVE_UPDATER,
    PROGRAM_SEARCH_PROTOCOL,
    PROGRAM_SEARCH_FILTER,
    PROGRAM_WERFAULT,
    PROGRAM_DISKCLEAN_TASK,
    PROGRAM_LOGON_SCRIPT,
    PROGRAM_INVENTORY_SCRIPT,
    /* office */
    PROGRAM_OUTLOOK,
    PROGRAM_WINWORD,
    PROGRAM_EXCEL,
    PROGRAM_POWERPNT,
    PROGRAM_EDGE,
    PROGRAM_EDGE_RENDERER,
    PROGRAM_CHROME,
    PROGRAM_CHROME_RENDERER,
    PROGRAM_FIREFOX,
    PROGRAM_FIREFOX_CONTENT,
    PROGRAM_TEAMS,
    PROGRAM_WEBVIEW,
    PROGRAM_ONEDRIVE,
    PROGRAM_ACROBAT,
    PROGRAM_ACROBAT_CEF,
    PROGRAM_NOTEPAD,
    PROGRAM_CALC,
    PROGRAM_SNIPPING,
    PROGRAM_ZOOM,
    PROGRAM_SLACK,
    PROGRAM_SLACK_HELPER,
    PROGRAM_CRM,
    PROGRAM_LEDGER,
    PROGRAM_PAYROLL,
    PROGRAM_PHOTO_EDITOR,
    PROGRAM_CAD,
    PROGRAM_SEVENZIP,
    PROGRAM_SPLWOW,
    PROGRAM_PHOTOS,
    PROGRAM_PAINT,
    PROGRAM_OFFICE_C2R,
    PROGRAM_OFFICE_TELEMETRY,
    PROGRAM_TAIL_TOOL,
    PROGRAM_USB_TOOL,
    PROGRAM_IME,
    PROGRAM_MACRO_EXPORT,
    PROGRAM_ROLLOUT,
    PROGRAM_DOWNLOADED_SETUP,
    PROGRAM_ODD_TOOL,
    /* development */
    PROGRAM_VSCODE,
    PROGRAM_VSCODE_HELPER,
    PROGRAM_DEVENV,
    PROGRAM_MSBUILD,
    PROGRAM_CL,
    PROGRAM_LINK,
    PROGRAM_GIT,
    PROGRAM_GIT_REMOTE,
    PROGRAM_BASH,
    PROGRAM_SSH,
    PROGRAM_NODE,
    PROGRAM_PYTHON,
    PROGRAM_PIP,
    PROGRAM_CMAKE,
    PROGRAM_NINJA,
    PROGRAM_BUILT_TOOL,
    PROGRAM_BUILT_TEST,
    PROGRAM_CTEST,
    PROGRAM_JAVA,
    PROGRAM_TERMINAL,
    PROGRAM_DOTNET,
    PROGRAM_DEBUGGER,
    /* what Windows brings along, for administrators and for those who pose as them */
    PROGRAM_CMD,
    PROGRAM_POWERSHELL,
    PROGRAM_MMC,
    PROGRAM_MSTSC,
    PROGRAM_PSEXEC,
    PROGRAM_PSEXESVC,
    PROGRAM_WMIC,
    PROGRAM_NET,
    PROGRAM_NET1,
    PROGRAM_NLTEST,
    PROGRAM_WHOAMI,
    PROGRAM_IPCONFIG,
    PROGRAM_SYSTEMINFO,
    PROGRAM_REG,
    PROGRAM_SC,
    PROGRAM_SCHTASKS,
    PROGRAM_PING,
    PROGRAM_NSLOOKUP,
    PROGRAM_TASKLIST,
    PROGRAM_QUSER,
    PROGRAM_WEVTUTIL,
    PROGRAM_CERTUTIL,
    PROGRAM_ROBOCOPY,
    PROGRAM_PUTTY,
    PROGRAM_WINSCP,
    PROGRAM_WSMPROVHOST,
    PROGRAM_PROCDUMP,
    PROGRAM_RUNDLL32,
    PROGRAM_REGSVR32,
    PROGRAM_WSCRIPT,
    PROGRAM_CSCRIPT,
    PROGRAM_TAR,
    PROGRAM_CURL,
    PROGRAM_BITSADMIN,
    PROGRAM_FODHELPER,
    PROGRAM_TASKMGR,
    PROGRAM_RDPCLIP,
    PROGRAM_ARP,
    PROGRAM_CSC,
    PROGRAM_CVTRES,
    PROGRAM_REGEDIT,
    PROGRAM_EVENTVWR,
    PROGRAM_MAKECAB,
    /* servers */
    PROGRAM_DNS_SERVER,
    PROGRAM_DFSR,
    PROGRAM_MAIL_TRANSPORT,
    PROGRAM_MAIL_STORE,
    PROGRAM_W3WP,
    PROGRAM_SQLSERVR,
    PROGRAM_PROXY,
    PROGRAM_WSUS,
    PROGRAM_BACKUP,
    PROGRAM_BACKUP_AGENT,
    PROGRAM_GIT_SERVER,
    PROGRAM_SSHD,
    PROGRAM_BUILD_MASTER,
    PROGRAM_BUILD_AGENT,
    PROGRAM_HISTORIAN,
    PROGRAM_PLANT_POLL,
    PROGRAM_SERVER_MANAGER,
    PROGRAM_NTDSUTIL,
    PROGRAM_WBENGINE,
    PROGRAM_COUNT
};

struct child {
    enum program_id program;
    uint8_t low, high; /* how many in the life of one parent */
};

enum { CHILDREN_MAX = 6, KINDS_OF_WORK = 4 };
enum work { WORK_FILE, WORK_KEY, WORK_MODULE, WORK_PEER };

struct program {
    const char *path;
    const char *const *commands; /* NULL: the path in quotes */
    const char *const *modules;  /* beside what every program loads */
    const char *const *files;    /* first letter: + create, * change, - delete, < read, > rename */
    const char *const *keys;     /* "HKLM\\…=data"; without = no data is recorded */
    const char *const *peers;    /* "role:port" inside, "site" through the proxy */
    struct child children[CHILDREN_MAX];
    uint8_t weight[KINDS_OF_WORK]; /* how its work divides into enum work */
    uint16_t work;                 /* rows in a usual life (resident: in an hour) */
    uint16_t life;                 /* usual seconds; 0: as long as its parent */
    uint16_t version[4];           /* the release at the start, where the path names one */
    bool as_system;                /* runs as SYSTEM whoever starts it */
};

const struct program *catalog_program(enum program_id id);

/* Libraries that any program may load. */
extern const char *const common_modules[];

/* An application people use, and who. */
enum usage { USAGE_RESIDENT, USAGE_SESSIONS, USAGE_RARE };

struct application {
    enum program_id program;
    uint32_t departments; /* bits of enum department */
    uint8_t share;        /* per cent of those departments' PCs that have it */
    enum usage usage;
    uint8_t daily;    /* opened so often a working day; USAGE_RARE: per cent a day */
    uint16_t minutes; /* and for so long */
};

extern const struct application applications[];
extern const uint32_t application_count;

#endif
