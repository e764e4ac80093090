// Between the sources of transcripts and comparisons only.
#ifndef FISHBOWL_MODEL_TRANSCRIPT_PARTS_H
#define FISHBOWL_MODEL_TRANSCRIPT_PARTS_H

#include "texts.h"
#include "transcript.h"

// Append a run's lines to an empty transcript. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb__transcript_events(struct fb_transcript *to, struct fb_texts *texts,
                      const struct fb_run *run, enum fb_transcript_grade grade,
                      unsigned flags);
__attribute__((warn_unused_result)) int
fb__transcript_tree(struct fb_transcript *to, struct fb_texts *texts,
                    const struct fb_run *run, unsigned flags);

#endif
