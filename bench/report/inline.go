package report

import (
	"errors"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
)

var (
	hexColour  = regexp.MustCompile(`#[0-9A-Fa-f]{6}`)
	fontFamily = regexp.MustCompile(`font-family:[^;"]*;font-variant:[^;"]*`)
)

// inlineSVG makes of an SVG file what stands in the page: with the page's colours
// instead of fixed ones, as wide as its place, and with alt for who does not see
// it.
func inlineSVG(svg []byte, name, alt string) (string, error) {
	text := string(svg)
	at := strings.Index(text, "<svg")
	end := strings.Index(text, ">\n")
	if end >= 0 {
		end = strings.Index(text[max(at, 0):], ">\n") + max(at, 0)
	}
	if at < 0 || end < at {
		return "", errors.New("it has no svg element")
	}
	var unknown string
	body := hexColour.ReplaceAllStringFunc(text[end+1:], func(hex string) string {
		variable := variableOf(hex)
		if variable == "" {
			unknown = hex
		}
		return "var(--" + variable + ")"
	})
	if unknown != "" {
		return "", fmt.Errorf("the page has no colour for %s of %s", unknown, name)
	}
	body = fontFamily.ReplaceAllString(body, "font-family:var(--plot-font)")
	return fmt.Sprintf(`<svg viewBox="0 0 %g %g" role="img" aria-labelledby="%s-alt"><title id="%[3]s-alt">%s</title>%s`,
		plotWidth.Points(), plotHeight.Points(), html.EscapeString(name), html.EscapeString(alt), body), nil
}

// variableOf returns the name of the page's colour for one of an SVG, "" if it has
// none. Writing colours as text may round them down by one.
func variableOf(hex string) string {
	for _, v := range variables() {
		if closeColours(v.light, hex) {
			return v.name
		}
	}
	return ""
}

func closeColours(a, b string) bool {
	for i := 1; i < 7; i += 2 {
		x, _ := strconv.ParseUint(a[i:i+2], 16, 8)
		y, _ := strconv.ParseUint(b[i:i+2], 16, 8)
		if x > y+1 || y > x+1 {
			return false
		}
	}
	return true
}

// variable is a colour of the page.
type variable struct{ name, light, dark string }

// variables returns the colours of the page: what is drawn with the light one in
// an SVG gets the dark one on a dark page.
func variables() []variable {
	all := []variable{{"ink", ink[0], ink[1]}, {"faint", faint[0], faint[1]}, {"paper", paper[0], paper[1]}, {"alarm", alarm[0], alarm[1]}}
	for _, p := range palette {
		for i := range p.light {
			all = append(all, variable{fmt.Sprintf("%s-%d", p.hue, i+1), p.light[i], p.dark[i]})
		}
	}
	return all
}
