/*
 * show/verb.h -- the verbs of the command line.
 *
 * A verb gets its own arguments (argv[0] is its name) and returns the exit
 * status: 0, 1 (the work failed) or 2 (usage). Each answers --help with an
 * example. main.c holds the one table of them.
 */
#ifndef SHOW_VERB_H
#define SHOW_VERB_H

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct verb {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
};

int verb_ingest(int argc, char **argv);
int verb_serve(int argc, char **argv);
int verb_cases(int argc, char **argv);
int verb_case(int argc, char **argv);
int verb_findings(int argc, char **argv);
int verb_trace(int argc, char **argv);
int verb_hunt(int argc, char **argv);
int verb_lab(int argc, char **argv);
int verb_demo(int argc, char **argv);
int verb_darknet(int argc, char **argv);
int verb_livenet(int argc, char **argv);
int verb_alerts(int argc, char **argv);
int verb_packer(int argc, char **argv);
int verb_family(int argc, char **argv);
int verb_sample(int argc, char **argv);
int verb_apk(int argc, char **argv);
int verb_capability(int argc, char **argv);
int verb_ioc(int argc, char **argv);

/* Run the sub-verb of `area` that argv[1] names; lists them for --help. */
int verb_area(const char *area, const char *does, const struct verb *verbs, int argc, char **argv);

/* hinomi lab … */
int lab_darknet(int argc, char **argv);

/* hinomi darknet … */
int darknet_drift(int argc, char **argv);
int darknet_episodes(int argc, char **argv);
int darknet_kdd(int argc, char **argv);
int darknet_contacts(int argc, char **argv);
int darknet_report(int argc, char **argv);
int darknet_watch(int argc, char **argv);
int darknet_token(int argc, char **argv);
int darknet_sources(int argc, char **argv);
int darknet_trend(int argc, char **argv);
int darknet_synchrony(int argc, char **argv);

/* hinomi alerts … */
int alerts_judge(int argc, char **argv);
int alerts_gather(int argc, char **argv);
int alerts_listen(int argc, char **argv);
int alerts_list(int argc, char **argv);
int alerts_show(int argc, char **argv);
int alerts_decide(int argc, char **argv);
int alerts_train(int argc, char **argv);
int alerts_model(int argc, char **argv);
int alerts_report(int argc, char **argv);
int alerts_shellcode(int argc, char **argv);
int alerts_imitate(int argc, char **argv);

/* hinomi livenet … */
int livenet_report(int argc, char **argv);
int livenet_flows(int argc, char **argv);
int livenet_watch(int argc, char **argv);

#endif
