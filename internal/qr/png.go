package qr

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
)

// PNG writes the drawing as a PNG, black on white with the full margin of four modules, each module scale pixels wide:
// 8 suits a screen. The scale must be 1 to 64. The picture is as secret as the text: a file with it needs permissions.
func (d Drawing) PNG(w io.Writer, scale int) error {
	if scale < 1 || scale > 64 {
		return fmt.Errorf("qr: scale %d, not 1 to 64", scale)
	}
	side := (d.code.Size + 2*fullMargin) * scale
	// Two colours make one bit per pixel, and no smoothed edges.
	picture := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			if d.code.Black(x/scale-fullMargin, y/scale-fullMargin) {
				picture.SetColorIndex(x, y, 1)
			}
		}
	}
	return png.Encode(w, picture)
}
