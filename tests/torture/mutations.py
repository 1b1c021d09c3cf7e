"""Changes bytes as something between a bad line and a bad mind would."""


class Mutator:
    """Seeded by its dice: the same dice change the same bytes the same way."""

    def __init__(self, dice, words):
        self.dice, self.words = dice, words

    def change(self, data):
        data = bytearray(data)
        for _ in range(self.dice.choice((1, 1, 1, 2, 3, 5))):
            self.dice.choice((self.flip, self.replace, self.cut, self.repeat, self.insert, self.number, self.end))(data)
        return bytes(data)

    def place(self, data):
        return self.dice.randrange(len(data)) if data else 0

    def flip(self, data):
        if data:
            data[self.place(data)] ^= 1 << self.dice.randrange(8)

    def replace(self, data):
        if data:
            data[self.place(data)] = self.dice.choice((0, 1, 9, 10, 13, 32, 37, 127, 128, 255, self.dice.randrange(256)))

    def cut(self, data):
        at = self.place(data)
        del data[at : at + self.dice.choice((1, 2, 4, 16))]

    def repeat(self, data):
        at = self.place(data)
        piece = data[at : at + self.dice.choice((1, 4, 20, 200))]
        data[at:at] = piece * self.dice.choice((1, 2, 30))

    def insert(self, data):
        at = self.place(data)
        data[at:at] = self.dice.choice(self.words)

    def number(self, data):
        """Where there are digits, others."""
        at = next((i for i in range(self.place(data), len(data)) if chr(data[i]).isdigit()), None)
        if at is not None:
            data[at : at + 1] = self.dice.choice((b"0", b"-1", b"18446744073709551616", b"2147483648", b"0x1", b"9" * 40))

    def end(self, data):
        del data[self.place(data) :]
