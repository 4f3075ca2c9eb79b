# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What goes before and after a network, in C: no allocation, no call but those of math.h.

    int net_row(const char *const *cells, float *in);      texts of a row -> inputs
    void net_pixels(const unsigned char *pixels, float *in);
    … net_answer(const float *out …)                       outputs -> class, number, numbers, labels

`net_row` takes one text for each name in `net_columns`, as it stands between the separators of the
file. It returns 0, or the number from 1 of the column whose cell it refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from vynapse.deploy.rows import MISSING, Rows, classes_of, pixels_of, rows_of
from vynapse.deploy.target import Subject

_GREATEST: Final = (
    "static inline int net_answer(const float *out)\n"
    "{int b=0;for(int i=1;i<%d;i++)if(out[i]>out[b])b=i;return b;}"
)
_ROW: Final = r"""
static int net_same(const char *a, const char *end, const char *b, int any_case)
{
 for(;a<end&&*b;a++,b++){char c=*a;if(any_case&&c>='A'&&c<='Z')c+=32;if(c!=*b)return 0;}
 return a==end&&!*b;
}
/* 1 and the number, where all of the text is one in decimal notation. */
static int net_number(const char *c, const char *end, double *value)
{
 double v=0;int sign=1,digits=0,shift=0,power=0,minus=1,point=0;
 if(c<end&&(*c=='-'||*c=='+'))sign=*c++=='-'?-1:1;
 for(;c<end&&((*c>='0'&&*c<='9')||(*c==NET_DECIMAL&&!point));c++){
  if(*c==NET_DECIMAL){point=1;continue;}
  digits=1;
  if(v<1e17){v=v*10+(*c-'0');shift-=point;}else shift+=!point;
 }
 if(!digits)return 0;
 if(c<end&&(*c=='e'||*c=='E')){
  if(++c<end&&(*c=='-'||*c=='+'))minus=*c++=='-'?-1:1;
  if(c==end)return 0;
  for(;c<end&&*c>='0'&&*c<='9';c++)if(power<100000)power=power*10+(*c-'0');
 }
 shift+=minus*power;
 if(v!=0)v=shift<-300?v*pow(10,-300)*pow(10,shift+300):shift<0?v/pow(10,-shift):v*pow(10,shift);
 *value=sign*v;
 return c==end&&fabs(v)<=3.4028234663852886e38;
}
/* A whole number with decimals is the category without them: 1.0 is 1. */
static const char *net_whole(const char *c, const char **end, char *room)
{
 double v;char *to=room+20;int point=0;
 for(const char *d=c;d<*end;d++)point|=*d=='.';
 if(!point||NET_DECIMAL!='.'||!net_number(c,*end,&v)||v!=floor(v)||fabs(v)>=9007199254740992.)
  return c;
 long long n=(long long)fabs(v);
 *end=to;
 do *--to=(char)('0'+n%10);while(n/=10);
 if(v<0)*--to='-';
 return to;
}
static inline int net_row(const char *const *cells, float *in)
{
 static const char *const none[]={@MISSING@};
 for(int i=0;i<NET_COLUMNS;i++){
  const net_column *column=net_columns+i;
  const char *c=cells[i],*end;char room[20];int gone,k;
  if(!c)c="";
  while(*c==' '||(*c>='\t'&&*c<='\r'))c++;
  for(end=c;*end;)end++;
  while(end>c&&(end[-1]==' '||(end[-1]>='\t'&&end[-1]<='\r')))end--;
  for(gone=c==end,k=0;k<@COUNT@;k++)gone|=net_same(c,end,none[k],1);
  if(gone&&!column->filled)return i+1;
  if(!column->kinds){
   double v=column->fill;
   if(!gone&&!net_number(c,end,&v))return i+1;
   v=(v-column->mean)/column->scale;
   if(!(fabs(v)<=3.4028234663852886e38))return i+1;
   *in++=(float)v;
   continue;
  }
  if(!gone)c=net_whole(c,&end,room);
  for(k=0;k<column->kinds;k++)
   if(gone?k==column->filled-1:net_same(c,end,column->names[k],0))break;
  if(k==column->kinds)return i+1;
  for(int l=0;l<column->kinds;l++)*in++=l==k;
 }
 return 0;
}"""


def row_lines(subject: Subject) -> Iterator[str]:
    """Tables and functions.

    Raises:
        GraphError: rows become inputs in a way that has no form in C.
    """
    rows, classes, pixels = rows_of(subject, "c"), classes_of(subject), pixels_of(subject)
    if classes is not None:
        yield f"static const char *const net_classes[]={_texts(classes)};"
        yield _GREATEST % len(classes)
    if pixels is not None:
        yield from _pixels(pixels)
    if rows is not None:
        yield from _columns(rows)
        yield from _answer(rows.target)


def _columns(rows: Rows) -> Iterator[str]:
    yield f"#define NET_COLUMNS {len(rows.columns)}\n#define NET_DECIMAL '{rows.decimal}'"
    yield (
        "typedef struct{const char *name;int kinds;const char *const *names;int filled;"
        "double fill,mean,scale;}net_column;"
    )
    entries = []
    for number, column in enumerate(rows.columns):
        fill = column["fill"]
        if column["kind"] == "numeric":
            numbers = (
                f"{int(fill is not None)},{fill or 0.0!r},{column['mean']!r},{column['scale']!r}"
            )
            entries.append(f"{{{_text(column['name'])},0,0,{numbers}}}")
            continue
        names = list(column["categories"])
        yield f"static const char *const net_names{number}[]={_texts(names)};"
        filled = 0 if fill is None else names.index(fill) + 1
        entries.append(f"{{{_text(column['name'])},{len(names)},net_names{number},{filled},0,0,1}}")
    listed = ",\n ".join(entries)
    yield f"static const net_column net_columns[NET_COLUMNS]={{\n {listed}}};"
    yield (
        _ROW.strip()
        .replace("@MISSING@", _texts(MISSING)[1:-1])
        .replace("@COUNT@", str(len(MISSING)))
    )


def _answer(target: Mapping[str, Any]) -> Iterator[str]:
    """A class has its function already."""
    if target["kind"] == "regression":
        yield f"/* {_comment(target['name'])}, in the units of the file. */"
        yield (
            "static inline double net_answer(const float *out)"
            f"{{return out[0]*{target['scale']!r}+{target['mean']!r};}}"
        )
    elif target["kind"] == "multi-output":
        yield f"static const char *const net_targets[]={_texts(target['names'])};"
        yield f"static const double net_scales[]={_numbers(target['scales'])};"
        yield f"static const double net_means[]={_numbers(target['means'])};"
        yield (
            "static inline void net_answer(const float *out, double *values)"
            "{for(int i=0;i<NET_OUTPUTS;i++)values[i]=out[i]*net_scales[i]+net_means[i];}"
        )
    elif target["kind"] == "multi-label":
        yield f"static const char *const net_targets[]={_texts(target['names'])};"
        yield (
            "static inline void net_answer(const float *out, int *labels)"
            "{for(int i=0;i<NET_OUTPUTS;i++)labels[i]=out[i]>0;}"
        )


def _pixels(pixels: Mapping[str, Any]) -> Iterator[str]:
    channels, height, width = pixels["shape"]
    yield f"/* Pixels from 0 to {pixels['top']}, {channels} x {height} x {width}, row by row. */"
    yield f"static const float net_factor[]={_numbers(pixels['factor'])};"
    yield f"static const float net_offset[]={_numbers(pixels['offset'])};"
    yield (
        "static inline void net_pixels(const unsigned char *pixels, float *in)\n"
        f"{{for(int i=0;i<NET_INPUTS;i++)in[i]=pixels[i]*net_factor[i/{height * width}]"
        f"+net_offset[i/{height * width}];}}"
    )


def _numbers(values: Sequence[float]) -> str:
    return "{" + ",".join(repr(float(value)) for value in values) + "}"


def _texts(names: Sequence[str]) -> str:
    return "{" + ",".join(map(_text, names)) + "}"


def _text(value: object) -> str:
    """A literal; what is no plain character is written by its number."""
    plain = set(range(32, 127)) - set(b'"\\?')
    return '"' + "".join(chr(b) if b in plain else f"\\{b:03o}" for b in str(value).encode()) + '"'


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text).replace("*/", "* /")
