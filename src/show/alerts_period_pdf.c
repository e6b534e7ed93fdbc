/* The report as PDF, by libharu. */
#include <errno.h>
#include <hpdf.h>
#include <iconv.h>
#include <inttypes.h>
#include <stdio.h>

#include "show/alerts_period.h"

enum { MARGIN = 45, LINE = 18, FIRST = 90 /* points: the period's column */, TEXT_SIZE = 512 };

struct paper {
    HPDF_Doc document;
    HPDF_Page page;
    HPDF_Font font, strong;
    iconv_t letters; /* from UTF-8 to what the font is written in */
    float width, height, y;
    bool japanese;
};

/* libharu would end the process where nobody listens to its errors; it is asked at the end. */
static void error_ignore(HPDF_STATUS code, HPDF_STATUS detail, void *context)
{
    (void)code;
    (void)detail;
    (void)context;
}

static void text_at(struct paper *paper, float x, bool right, bool strong, const char *text)
{
    char written[TEXT_SIZE], *in = (char *)text, *out = written;
    size_t in_left = strlen(text), out_left = sizeof(written) - 1;
    (void)iconv(paper->letters, NULL, NULL, NULL, NULL);
    if (iconv(paper->letters, &in, &in_left, &out, &out_left) == (size_t)-1)
        out = written; /* never: all texts are ours */
    *out = '\0';
    HPDF_Page_SetFontAndSize(paper->page, strong ? paper->strong : paper->font, 10);
    float width = HPDF_Page_TextWidth(paper->page, written);
    HPDF_Page_BeginText(paper->page);
    HPDF_Page_TextOut(paper->page, right ? x - width : x, paper->y, written);
    HPDF_Page_EndText(paper->page);
}

static float column_end(const struct paper *paper, int number)
{
    float room = paper->width - 2 * MARGIN - FIRST;
    return MARGIN + FIRST + room * (float)(number + 1) / PERIOD_NUMBER_COUNT;
}

static void line_draw(struct paper *paper)
{
    HPDF_Page_SetLineWidth(paper->page, 0.5F);
    HPDF_Page_MoveTo(paper->page, MARGIN, paper->y - 5);
    HPDF_Page_LineTo(paper->page, paper->width - MARGIN, paper->y - 5);
    HPDF_Page_Stroke(paper->page);
    paper->y -= LINE;
}

static void page_begin(struct paper *paper)
{
    paper->page = HPDF_AddPage(paper->document);
    HPDF_Page_SetSize(paper->page, HPDF_PAGE_SIZE_A4, HPDF_PAGE_LANDSCAPE);
    paper->width = HPDF_Page_GetWidth(paper->page);
    paper->height = HPDF_Page_GetHeight(paper->page);
    paper->y = paper->height - MARGIN;
}

static void titles_put(struct paper *paper)
{
    for (int i = 0; i < PERIOD_NUMBER_COUNT; i++)
        text_at(paper, column_end(paper, i), true, true, period_title(i, paper->japanese));
    line_draw(paper);
}

static void period_put(struct paper *paper, const struct period *period)
{
    uint64_t numbers[PERIOD_NUMBER_COUNT];
    char text[24];
    if (paper->y < MARGIN) {
        page_begin(paper);
        titles_put(paper);
    }
    period_numbers(period, numbers);
    text_at(paper, MARGIN, false, false, period->name);
    for (int i = 0; i < PERIOD_NUMBER_COUNT; i++) {
        (void)snprintf(text, sizeof(text), "%" PRIu64, numbers[i]);
        text_at(paper, column_end(paper, i), true, false, text);
    }
    line_draw(paper);
}

static void paper_write(struct paper *paper, const struct periods *periods, struct bytes by)
{
    struct buffer heading = {0}, sums = {0};
    periods_heading(by, paper->japanese, &heading);
    periods_sums(periods, paper->japanese, &sums);
    buffer_put_char(&heading, '\0');
    buffer_put_char(&sums, '\0');
    page_begin(paper);
    if (!heading.failed && !sums.failed) {
        text_at(paper, MARGIN, false, true, heading.at);
        paper->y -= LINE;
        text_at(paper, MARGIN, false, false, sums.at);
        paper->y -= 2 * LINE;
    }
    buffer_finish(&heading);
    buffer_finish(&sums);
    titles_put(paper);
    for (size_t i = 0; i < periods->count; i++)
        period_put(paper, &periods->items[i]);
}

/* Letters every reader has: Helvetica, and for Japanese the face that stands for MS-PGothic. */
static void fonts_take(struct paper *paper)
{
    if (paper->japanese) {
        HPDF_UseJPEncodings(paper->document);
        HPDF_UseJPFonts(paper->document);
    }
    paper->font = paper->japanese ? HPDF_GetFont(paper->document, "MS-PGothic", "90msp-RKSJ-H")
                                  : HPDF_GetFont(paper->document, "Helvetica", "WinAnsiEncoding");
    paper->strong = paper->japanese
                        ? HPDF_GetFont(paper->document, "MS-PGothic,Bold", "90msp-RKSJ-H")
                        : HPDF_GetFont(paper->document, "Helvetica-Bold", "WinAnsiEncoding");
}

static void stream_take(HPDF_Doc document, struct buffer *out)
{
    HPDF_BYTE part[4096];
    HPDF_UINT32 size = sizeof(part);
    HPDF_SaveToStream(document);
    HPDF_ResetStream(document);
    while (HPDF_ReadFromStream(document, part, &size), size > 0) {
        buffer_put(out, (struct bytes){(const char *)part, size});
        size = sizeof(part);
    }
}

int periods_pdf(const struct periods *periods, struct bytes by, bool japanese, struct buffer *out)
{
    struct paper paper = {.japanese = japanese};
    paper.document = HPDF_New(error_ignore, NULL);
    if (!paper.document)
        return -ENOMEM;
    paper.letters = iconv_open(japanese ? "CP932" : "CP1252//TRANSLIT", "UTF-8");
    if (paper.letters == (iconv_t)-1) { /* NOLINT(performance-no-int-to-ptr): POSIX has it so */
        HPDF_Free(paper.document);
        return -EIO;
    }
    HPDF_SetCompressionMode(paper.document, HPDF_COMP_TEXT);
    fonts_take(&paper);
    paper_write(&paper, periods, by);
    int error = HPDF_GetError(paper.document) == HPDF_OK ? 0 : -EIO;
    if (!error) {
        stream_take(paper.document, out);
        error = out->failed ? -ENOMEM : 0;
    }
    iconv_close(paper.letters);
    HPDF_Free(paper.document);
    return error;
}
