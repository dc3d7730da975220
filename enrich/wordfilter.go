package enrich

// wordFilter tells quickly of most words that they are not in a set, and never of a word that is. It
// spares the texts' many other words the look-up in a map.
type wordFilter [filterBits / 64]uint64

// filterBits is six times the words of the largest set, so that one foreign word in seven passes.
const filterBits = 1 << 15

func (f *wordFilter) add(word string) {
	h := filterHash(word)
	f[h/64] |= 1 << (h % 64)
}

func (f *wordFilter) mayHold(hash uint32) bool { return f[hash/64]&(1<<(hash%64)) != 0 }

// filterHash mixes the length and a few letters of a word, which nearly tells words apart.
func filterHash[T string | []byte](word T) uint32 {
	n := len(word)
	if n == 0 {
		return 0
	}
	h := uint32(n)
	for _, c := range [...]byte{word[0], word[n/4], word[n/2], word[n*3/4], word[n-1]} {
		h = h*0x9E3779B1 + uint32(c)
	}
	h *= 0x85EBCA6B
	return h >> 17
}
