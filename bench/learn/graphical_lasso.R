#!/usr/bin/env Rscript
# Our graphical lasso beside r-cran-glasso, on the same matrices.
#
#   bench/learn/graphical_lasso.R [build/bench/learn/bench_learn_graphical_lasso] [quick]
#
# "quick": smaller matrices, the edges and residuals only, in TAP.
#
# CPU time of the solve alone, in one run, at the usual tolerance (1e-4); the edge sets at a
# tolerance where both have settled (1e-10), with the largest break of the optimality
# conditions, |(T^-1 - S)_ij - rho sign(t_ij)| where there is an edge and the excess of
# |(T^-1 - S)_ij| over rho where there is none, T inverted afresh.
if (!requireNamespace("glasso", quietly = TRUE)) {
  cat("1..0 # SKIP r-cran-glasso is not installed\n")
  quit(status = 0)
}
arguments <- commandArgs(TRUE)
program <- if (length(arguments) > 0) arguments[1] else "build/bench/learn/bench_learn_graphical_lasso"
matrix_file <- tempfile()
edge_file <- tempfile()

# A window as the telescope sees it: packets in 12 samples, Poisson with rates over four orders of
# magnitude, of which `share` of the hosts send in the same bursts; population covariance of ln.
window <- function(nodes, share, seed) {
  set.seed(seed)
  rate <- pmin(rlnorm(nodes, -0.5, 1.5), 1e3)
  packets <- matrix(rpois(nodes * 12, rep(rate, each = 12)), 12)
  together <- sample(nodes, round(nodes * share))
  burst <- ifelse(runif(12) < 0.35, 8, 0.1)
  for (host in together) packets[, host] <- rpois(12, burst)
  x <- log(ifelse(packets == 0, 0.1, packets))
  cov(x) * 11 / 12
}

ours <- function(S, rho, tolerance, how = "cold") {
  writeBin(as.vector(S), matrix_file)
  lines <- system2(program, c(matrix_file, nrow(S), format(tolerance), edge_file, how, rho), stdout = TRUE)
  rows <- read.table(text = lines, col.names = c("rho", "cpu", "edges", "density", "sweeps", "largest", "converged"))
  T <- matrix(0, nrow(S), nrow(S))
  if (file.info(edge_file)$size > 0) {
    edge <- as.matrix(read.table(edge_file))
    T[edge[, 1:2]] <- edge[, 3]
  }
  list(rows = rows, edges = T + t(T))
}

theirs <- function(S, rho, tolerance) {
  spent <- system.time(fit <- .Fortran("glasso", nrow(S), S, matrix(rho, nrow(S), nrow(S)), 0L, 0L, 0L, 1L,
    tolerance, maxit = 10000L, ww = S * 0, xx = S * 0, niter = 0L, del = 0, ierr = 0L, PACKAGE = "glasso"))
  list(cpu = spent[["user.self"]] + spent[["sys.self"]], T = fit$xx)
}

# Both are given R's diagonal: ours has the off-diagonal entries alone in its file.
residual <- function(T, S, rho) {
  gap <- solve((T + t(T)) / 2) - S
  diag(gap) <- diag(gap) - rho
  off <- row(S) != col(S)
  edge <- T != 0 & off
  max(abs(gap[edge] - rho * sign(T[edge])), pmax(0, abs(gap[off & !edge]) - rho), abs(diag(gap)))
}

# The edges of both where both have settled, and how far each is from optimal.
compare <- function(S, rho) {
  exact <- ours(S, rho, 1e-10)
  reference <- theirs(S, rho, 1e-10)
  off <- row(S) != col(S)
  T <- exact$edges
  diag(T) <- diag(reference$T)
  list(rows = exact$rows, same = identical((exact$edges != 0)[off], (reference$T != 0 & t(reference$T) != 0)[off]),
    residual = residual(T, S, rho), reference_residual = residual(reference$T, S, rho))
}

library(glasso)
if ("quick" %in% arguments) {
  cat("1..9\n")
  case <- 0
  for (nodes in c(60, 120, 200)) for (rho in c(0.4, 0.6, 0.9)) {
    case <- case + 1
    found <- compare(window(nodes, if (nodes == 60) 0 else 0.2, seed = nodes), rho)
    good <- found$same && found$rows$edges > 0 && found$residual < 1e-7 && found$rows$converged == 1
    cat(sprintf("%s %d - %d nodes, rho %.1f: %d edges, residual %.1e (R %.1e)\n", if (good) "ok" else "not ok", case,
      nodes, rho, found$rows$edges, found$residual, found$reference_residual))
  }
  quit(status = 0)
}
cat("| nodes | synchronised | rho | edges | density | same edges | residual, R | residual | R s | ours s | ratio |\n")
cat("|---:|---:|---:|---:|---:|---|---:|---:|---:|---:|---:|\n")
for (nodes in c(250, 500)) for (share in c(0, 0.2)) {
  S <- window(nodes, share, seed = nodes + 100 * share)
  for (rho in c(0.4, 0.6, 0.9)) {
    found <- compare(S, rho)
    quick <- ours(S, rho, 1e-4)
    usual <- theirs(S, rho, 1e-4)
    cat(sprintf("| %d | %.0f %% | %.1f | %d | %.6f | %s | %.1e | %.1e | %.3f | %.4f | %.0f |\n", nodes, 100 * share,
      rho, found$rows$edges, found$rows$density, if (found$same) "yes" else "NO", found$reference_residual,
      found$residual, usual$cpu, quick$rows$cpu, usual$cpu / quick$rows$cpu))
  }
}
for (share in c(0, 0.2)) {
  path <- ours(window(1000, share, seed = 1000), c(0.9, 0.8, 0.7, 0.6, 0.5, 0.4), 1e-4, "path")$rows
  cat(sprintf("1000 nodes, %.0f %% synchronised, six rho along the path: %.2f s of CPU (%s)\n", 100 * share,
    sum(path$cpu), paste(sprintf("%.1f: %.4f", path$rho, path$density), collapse = ", ")))
}
