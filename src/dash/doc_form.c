// SPDX-License-Identifier: Apache-2.0
// Forms of pages: they work without scripts, and lead nowhere but to this server.
#include <string.h>

#include "dash/doc_model.h"
#include "dash/doc_text.h"
#include "dash/query.h"

static void put_attribute(struct sj_buf *out, const char *name, const char *text)
{
    sj_buf_addf(out, " %s=\"", name);
    sj_html_text(out, text);
    sj_buf_addc(out, '"');
}

static void put_hidden(struct sj_buf *out, const char *name, const char *value)
{
    sj_buf_adds(out, "<input type=\"hidden\"");
    put_attribute(out, "name", name);
    put_attribute(out, "value", value);
    sj_buf_adds(out, ">");
}

static void put_fields(const struct sj_doc_form *form, struct sj_buf *out)
{
    for (size_t i = 0; i < form->field_count; i++) {
        const struct sj_doc_field *field = &form->fields[i];
        sj_buf_adds(out, "<label>");
        sj_html_text(out, sj_doc_text_at(form->doc, field->label));
        sj_buf_adds(out, " <input autocomplete=\"off\" spellcheck=\"false\"");
        put_attribute(out, "name", sj_doc_text_at(form->doc, field->name));
        put_attribute(out, "value", sj_doc_text_at(form->doc, field->value));
        put_attribute(out, "placeholder", sj_doc_text_at(form->doc, field->hint));
        sj_buf_adds(out, form->choice_count > 0 ? " list=\"choices\"></label>\n" : "></label>\n");
    }
}

static void put_choices(const struct sj_doc_form *form, struct sj_buf *out)
{
    if (form->choice_count == 0) {
        return;
    }
    sj_buf_adds(out, "<datalist id=\"choices\">");
    for (size_t i = 0; i < form->choice_count; i++) {
        sj_buf_adds(out, "<option");
        put_attribute(out, "value", sj_doc_text_at(form->doc, form->choices[i].value));
        sj_buf_addc(out, '>');
        sj_html_text(out, sj_doc_text_at(form->doc, form->choices[i].text));
        sj_buf_adds(out, "</option>");
    }
    sj_buf_adds(out, "</datalist>\n");
}

void sj_doc_form_html(const struct sj_doc_form *form, const struct sj_doc_frame *frame,
                      struct sj_buf *out)
{
    sj_buf_addf(out, "<form class=\"ask\" method=\"%s\"", form->is_post ? "post" : "get");
    put_attribute(out, "action", sj_doc_text_at(form->doc, form->action));
    sj_buf_adds(out, ">\n");
    put_fields(form, out);
    if (form->is_post) {
        put_hidden(out, "key", frame->form_key ? frame->form_key : "");
    }
    for (size_t i = 0; !form->is_post && frame->query && i < SJ_DASH_PARAMETERS; i++) {
        const char *value = frame->query->parameter[i];
        if (value && sj_dash_is_kept((enum sj_dash_parameter)i)) {
            put_hidden(out, sj_dash_parameter_name((enum sj_dash_parameter)i), value);
        }
    }
    sj_buf_adds(out, "<button>");
    sj_html_text(out, sj_doc_text_at(form->doc, form->button));
    sj_buf_adds(out, "</button></form>\n");
    put_choices(form, out);
}
