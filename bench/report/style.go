package report

import (
	"fmt"
	"image/color"

	"pikv/bench/study"
)

// A Style is how a series looks, the same in every figure: its hue says by which
// way or which store, its shade and its mark how many workers.
type Style struct {
	Hue   Hue
	Shade int // 1 to 4, palest to strongest
	Dash  bool
}

// A Hue is what a colour stands for.
type Hue string

// The hues. They are Okabe and Ito's, which people who confuse red and green can
// tell apart.
const (
	HueDirect    Hue = "direct"
	HueProxied   Hue = "proxied"
	HueRedis     Hue = "redis"
	HueMemcached Hue = "memcached"
	HueFloor     Hue = "floor"
)

// palette has the colours of a light and of a dark page; the strongest shade is
// the one that stands out most on each.
var palette = []struct {
	hue         Hue
	light, dark [4]string
}{
	{HueDirect, [4]string{"#7db7da", "#3d91c7", "#0072b2", "#003f63"}, [4]string{"#2f6f96", "#3d96cf", "#6fbdec", "#c3e5fb"}},
	{HueProxied, [4]string{"#f2c25a", "#e69f00", "#b87400", "#7a4a00"}, [4]string{"#8a6414", "#c98d0e", "#f0b53a", "#fbe3ad"}},
	{HueRedis, [4]string{"#e0a9c6", "#cc79a7", "#a94c80", "#6e2550"}, [4]string{"#7d4666", "#b0648f", "#df93bd", "#f6d3e5"}},
	{HueMemcached, [4]string{"#7cc9b0", "#33ae88", "#008561", "#00503a"}, [4]string{"#1f6e56", "#26a17d", "#57d3ae", "#bdf2e0"}},
	{HueFloor, [4]string{"#6e6e6e", "#6e6e6e", "#6e6e6e", "#6e6e6e"}, [4]string{"#a3a3a3", "#a3a3a3", "#a3a3a3", "#a3a3a3"}},
}

// Colours of what is no series, light and dark.
var (
	ink   = [2]string{"#1f2328", "#e6e6e3"}
	faint = [2]string{"#dcdcdc", "#3a3d42"}
	paper = [2]string{"#fefefe", "#16181c"}
	alarm = [2]string{"#c1121f", "#ff7b7b"}
)

// colour returns what the style is drawn with on white.
func (s Style) colour() color.Color { return parseColour(s.hex()) }

func (s Style) hex() string {
	shade := min(max(s.Shade, 1), 4) - 1
	for _, p := range palette {
		if p.hue == s.Hue {
			return p.light[shade]
		}
	}
	return ink[0]
}

// parseColour reads #rrggbb, of which the package has its own only.
func parseColour(hex string) color.Color {
	var r, g, b uint8
	if _, err := fmt.Sscanf(hex, "#%02x%02x%02x", &r, &g, &b); err != nil {
		panic(fmt.Sprintf("report: %q is no colour: %v", hex, err))
	}
	return color.NRGBA{R: r, G: g, B: b, A: 0xff}
}

// hueOf returns the hue of a point's series.
func hueOf(store, mode string) Hue {
	switch {
	case store == study.Redis:
		return HueRedis
	case store == study.Memcached:
		return HueMemcached
	case mode == study.Proxied:
		return HueProxied
	default:
		return HueDirect
	}
}

// shadeOf returns the shade of a series with so many workers.
func shadeOf(workers int) int { return min(max(workers, 1), 4) }
