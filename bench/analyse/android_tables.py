#!/usr/bin/env python3
"""Learning from tables of applications and scoring them, beside scikit-learn doing the same.

    bench/analyse/android_tables.py HINOMI DATA

DATA holds drebin215.csv.gz and adroit_market.tsv.gz. Of each: four parts by group are judged by
learners that saw none of them, then all rows are learned from and scored -- by `hinomi apk train`
and `apk eval --model`, reading and writing of files included, and by scikit-learn from rows
already in its memory: LinearSVC, SVC, MLPClassifier and HistGradientBoostingClassifier with a
sigmoid for each (and for the market TfidfVectorizer and KMeans), with the same options as far as
they have them. CPU time, one thread each.
"""
import gzip
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
try:
    import numpy
    from scipy import sparse
    from sklearn.cluster import KMeans
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import normalize
    from sklearn.svm import SVC, LinearSVC
except ImportError:
    debian = "/usr/bin/python3"  # Debian's packages are seen by Debian's interpreter alone
    if os.path.exists(debian) and os.path.realpath(sys.executable) != os.path.realpath(debian):
        os.execv(debian, [debian, *sys.argv])
    sys.exit("no scikit-learn here (apt-get install python3-sklearn)")

warnings.filterwarnings("ignore")


class Space:
    """Names and words as columns, learned from some rows."""

    def __init__(self, names, texts):
        self.names = CountVectorizer(analyzer=lambda row: row, binary=True, min_df=3).fit(names)
        self.words = self.topics = None
        if any(texts):
            self.words = TfidfVectorizer(sublinear_tf=True, min_df=3, token_pattern=r"\w\w+")
            rows = self.words.fit_transform(texts)
            self.topics = KMeans(32, n_init=1, max_iter=8, random_state=1).fit(rows)

    def places(self, names, texts):
        marks = self.names.transform(names).astype(numpy.float64)
        whole, compact = normalize(marks), [normalize(marks).toarray()]
        spread = [marks.toarray()]
        if self.words:
            rows = self.words.transform(texts)
            near = numpy.asarray(rows @ normalize(self.topics.cluster_centers_).T)
            whole = sparse.hstack([whole, rows]).tocsr()
            compact.append(near)
            spread.append(near)
        return whole, numpy.hstack(compact), numpy.hstack(spread)


def learners_fit(names, texts, labels):
    space = Space(names, texts)
    whole, compact, spread = space.places(names, texts)
    return space, [
        LinearSVC(C=0.1, tol=0.1).fit(whole, labels),
        SVC(C=3, gamma=2, tol=0.01, cache_size=256).fit(compact, labels),
        MLPClassifier((128, 16), batch_size=64, max_iter=30, learning_rate_init=0.003,
                      random_state=1).fit(compact, labels),
        HistGradientBoostingClassifier(max_iter=200, learning_rate=0.1, max_depth=7,
                                       early_stopping=False, random_state=1).fit(spread, labels)]


def learners_score(model, names, texts):
    space, (plane, radial, perceptron, trees) = model
    whole, compact, spread = space.places(names, texts)
    return numpy.column_stack([plane.decision_function(whole), radial.decision_function(compact),
                               perceptron.predict_proba(compact)[:, 1],
                               trees.decision_function(spread)])


def peer_seconds(names, texts, labels, groups):
    start = time.process_time()
    names, texts = numpy.array(names, dtype=object), numpy.array(texts, dtype=object)
    unseen = numpy.zeros((len(labels), 4))
    for kept, left in GroupKFold(4).split(labels, labels, groups):
        model = learners_fit(names[kept], texts[kept], labels[kept])
        unseen[left] = learners_score(model, names[left], texts[left])
    for learner in range(4):
        LogisticRegression().fit(unseen[:, [learner]], labels)
    model = learners_fit(names, texts, labels)
    learned = time.process_time() - start
    learners_score(model, names, texts)
    return learned, time.process_time() - start - learned


def our_seconds(hinomi, table):
    def seconds(*arguments):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([hinomi, "apk", *arguments], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    with tempfile.TemporaryDirectory() as folder:
        model = os.path.join(folder, "model")
        return (seconds("train", table, "-o", model), seconds("eval", table, "--model", model))


def matrix_read(path):
    with gzip.open(path, "rt") as table:
        head, *rows = [line.rstrip("\n").split(",") for line in table]
    names = [[head[i] for i, cell in enumerate(row[:-1]) if cell == "1"] for row in rows]
    return (names, [""] * len(rows), numpy.array([row[-1] == "S" for row in rows]),
            [hash(tuple(row[:-1])) for row in rows])


def market_read(path):
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as table:
        head, *rows = [line.rstrip("\n").split("\t") for line in table]
    column = {name: i for i, name in enumerate(head)}
    return ([row[column["permissions"]].split(",") for row in rows],
            [row[column["description"]] for row in rows],
            numpy.array([row[column["label"]] == "malware" for row in rows]),
            [row[column["Signature"]] for row in rows])


def main(hinomi, data):
    print("| table | rows | who | learning CPU-s | scoring CPU-s | both | to ours |")
    print("|---|---:|---|---:|---:|---:|---:|")
    for name, read in (("drebin215.csv.gz", matrix_read), ("adroit_market.tsv.gz", market_read)):
        path = os.path.join(data, name)
        if not os.path.exists(path):
            print(f"{path} is not there", file=sys.stderr)
            continue
        rows = read(path)
        ours, theirs = our_seconds(hinomi, path), peer_seconds(*rows)
        for who, (learned, scored) in (("scikit-learn", theirs), ("Hinomi", ours)):
            print(f"| {name} | {len(rows[0]):,} | {who} | {learned:.2f} | {scored:.2f} "
                  f"| {learned + scored:.2f} | {(learned + scored) / sum(ours):.1f} |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
