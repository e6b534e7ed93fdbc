/*
 * engine/drift_picture.h -- the drift's points on a plane, kept in DATA/darknet.db.
 *
 * The kept samples of all months are laid out together by t-SNE (learn/tsne.h),
 * so that what stands apart from last month's stands apart in the picture. It
 * replaces the picture that was there.
 */
#ifndef ENGINE_DRIFT_PICTURE_H
#define ENGINE_DRIFT_PICTURE_H

#include "detect/darknet/drift.h"
#include "store/darknet.h"

enum { DRIFT_PICTURE_ITERATIONS = 500 };

/*
 * `progress`, when not NULL, is told the iterations done. -EINVAL: more points
 * than TSNE_POINTS; -ENOMEM; -EIO, and darknet_store_error says why.
 */
int drift_picture_store(const struct drift *drift, struct darknet_store *store,
                        void (*progress)(void *context, uint32_t iteration), void *context)
    __attribute__((warn_unused_result));

#endif
