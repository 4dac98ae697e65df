#!/usr/bin/env python3
"""Story generator of the bundled demo model: an endless, seeded stream of short English texts.

usage: stories.py NAME INDEX [--bytes N]        print the documents of one chunk, separated by blank lines

A chunk is named by a split and an index ("train" 7); the same name always gives the same text, different names give
different random streams. Every document draws a small world first (people, objects with a colour and a maker, places,
hiding places, weather, numbers) and then tells something about it in one of seventeen kinds. What is said early is needed
late: where a thing was hidden, who asked for what, how many are left, what was promised, which way leads back. One kind
is different: the almanac tells of 900 invented towns that are the same in every text, so that there is something to be
learned by heart, which takes long and sits in the weights alone.

Templates: [a|b|c] picks one alternative (nesting allowed), {key} inserts a word of the world, {^key} the same with a
capital letter, {a key} the word with its article, {#key} a number written in letters.
"""
import random
import sys

GIRLS = "Ada Brin Cora Dina Elsa Fay Greta Hilde Ines Juno Kira Lotte Mira Nell Olga Petra Runa Saskia Tilda Ursa Vera Wanda Yara Zora Alma Bettina Clara Edda Flora Gwen".split()
BOYS = "Anton Boris Caspar Dov Emil Finn Gregor Hugo Ivo Jasper Kolja Linus Milo Nils Otto Pavel Quentin Rufus Silas Theo Ulf Viktor Walter Yannick Zeno Arne Bela Conrad Edgar Fritz".split()
KIN_F = "mother aunt sister grandmother cousin teacher neighbor".split()
KIN_M = "father uncle brother grandfather cousin teacher neighbor".split()
JOBS = "baker miller fisher tailor painter carpenter gardener shepherd blacksmith potter weaver ferryman beekeeper clockmaker librarian postman musician cook mason lamplighter".split()
COLORS = "red blue green yellow white black brown gray silver golden purple orange".split()
MATERIALS = "wooden glass tin clay paper stone iron woolen leather copper".split()
SMALL = "key coin button ring whistle marble feather shell bell thimble ribbon candle spoon pebble compass needle medal locket brush pencil acorn pin hook bead".split()
THINGS = "lamp kite drum basket kettle blanket lantern mirror hat umbrella bucket rope ladder boat wagon clock chair box pot shovel saddle flute scarf coat map book cup bowl broom sled".split()
PLACES = "mill harbor market bakery forest library bridge garden orchard tower station meadow school chapel quarry barn lighthouse workshop village square river lake castle beach hill cave inn farm well".split()
SPOTS = ["under the bed", "behind the stove", "in the hollow tree", "under the loose board", "inside the old boot", "in the flour jar", "behind the curtain", "on top of the cupboard", "between two books",
         "under the flat stone", "in the bird house", "inside the teapot", "beneath the stairs", "in the left drawer", "in the right drawer", "behind the picture", "under the third step", "in the woodpile",
         "inside the clock", "in the rain barrel", "at the bottom of the chest", "in the pocket of the coat", "under the doormat", "in the crack of the wall", "in the attic", "in the cellar", "beside the gate", "under the pillow"]
FOODS = "bread cheese soup honey jam apples pears plums nuts milk butter eggs beans carrots onions potatoes mushrooms cake porridge fish".split()
GOODS = [("apple", "apples"), ("pear", "pears"), ("plum", "plums"), ("nut", "nuts"), ("egg", "eggs"), ("shell", "shells"), ("stone", "stones"), ("candle", "candles"), ("coin", "coins"), ("button", "buttons"),
         ("feather", "feathers"), ("carrot", "carrots"), ("berry", "berries"), ("marble", "marbles"), ("fish", "fish"), ("flower", "flowers"), ("leaf", "leaves"), ("nail", "nails")]
ANIMALS = "dog cat goat horse donkey crow owl fox hedgehog mouse duck goose hen rabbit squirrel pony calf frog".split()
WEATHER = ["rain", "snow", "fog", "wind", "frost", "sunshine", "a storm", "a warm breeze"]
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
TIMES = ["morning", "evening", "afternoon", "night", "noon"]
SEASONS = "spring summer autumn winter".split()
TRAITS = "brave quiet clever lazy kind stubborn curious careful proud shy cheerful patient hungry sleepy clumsy honest".split()
MOODS = "happy sad angry tired glad worried proud lonely calm surprised afraid ashamed".split()
NUM = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split()

ACTS = "carried dropped mended painted cleaned borrowed sold bought lifted pushed pulled opened closed watched counted measured wrapped washed polished weighed shook turned forgot lost found broke drew built brought kept".split()
REST = "waited sang slept laughed danced whispered shouted listened rested coughed stumbled hurried wandered knelt stood worked dreamed cried smiled sneezed vanished arrived".split()
HOW = "slowly|quickly|quietly|loudly|gladly|carefully|often|alone|again|badly|well|gently|bravely|at once|by mistake|without a word|for a while|all day long|before sunrise|after supper|in secret|with great care|as before|once more|just in time|too late".split("|")
LIKE = "old new small big heavy light broken strange beautiful ugly dusty shiny wet dry empty full cheap precious crooked round narrow tall soft hard cracked famous ordinary tiny huge rusty painted".split()
NATURE = "sun moon river wind smoke dust rain cloud star shadow tree hedge path fire door window roof wall stream field candle clock water ice grass nest web ladder chimney fence".split()
DOES = "shone moved trembled creaked waited faded rose fell turned gleamed rattled hung stood sank grew froze dripped leaned glowed rested".split()

_cache = {}


def _compile(text):
    """Template text -> tuple of parts: a plain string, ('s', key, capital, article, number) or ('c', [templates])."""
    parts, i, buf = [], 0, []
    while i < len(text):
        ch = text[i]
        if ch == "{":
            j = text.index("}", i)
            if buf: parts.append("".join(buf)); buf = []
            key = text[i + 1:j]; cap = key[0] == "^"; key = key[1:] if cap else key
            num = key[0] == "#"; key = key[1:] if num else key
            art = key.startswith("a "); key = key[2:] if art else key
            parts.append((0, key, cap, art, num)); i = j + 1
        elif ch == "[":
            if buf: parts.append("".join(buf)); buf = []
            depth, j, start, options = 1, i + 1, i + 1, []
            while depth:
                c = text[j]
                if c == "[": depth += 1
                elif c == "]":
                    depth -= 1
                    if not depth: options.append(text[start:j])
                elif c == "|" and depth == 1: options.append(text[start:j]); start = j + 1
                j += 1
            parts.append((1, [_compile(o) for o in options])); i = j
        else: buf.append(ch); i += 1
    if buf: parts.append("".join(buf))
    return parts


def _render(parts, w, rnd, out):
    for p in parts:
        if p.__class__ is str: out.append(p)
        elif p[0]:
            o = p[1]; _render(o[int(rnd() * len(o))], w, rnd, out)
        else:
            _, key, cap, art, num = p
            v = w[key]
            if num: v = NUM[v]
            if art: v = ("an " if v[0] in "aeiou" else "a ") + v
            if cap: v = v[0].upper() + v[1:]
            out.append(v)


class Teller:
    """One document: the world `w`, the random stream, and the sentences told so far."""

    def __init__(self, rng):
        self.rng, self.rnd, self.w, self.out = rng, rng.random, {}, []
        w = self.w
        self.person("", True); self.person("2"); self.person("3")
        w["job"], w["job2"], w["job3"] = rng.sample(JOBS, 3)
        w["c"], w["c2"], w["c3"] = rng.sample(COLORS, 3)
        w["small"], w["small2"], w["small3"] = rng.sample(SMALL, 3)
        w["thing"], w["thing2"], w["thing3"] = rng.sample(THINGS, 3)
        w["mat"] = self.pick(MATERIALS)
        w["place"], w["place2"], w["place3"], w["place4"] = rng.sample(PLACES, 4)
        w["spot"], w["spot2"], w["spot3"] = rng.sample(SPOTS, 3)
        w["food"], w["food2"], w["food3"] = rng.sample(FOODS, 3)
        w["animal"], w["animal2"] = rng.sample(ANIMALS, 2)
        w["weather"] = self.pick(WEATHER); w["storm"] = self.pick(["rain", "snow", "frost", "a storm", "a flood", "thunder"]); w["time"] = self.pick(TIMES); w["season"] = self.pick(SEASONS)
        w["trait"], w["trait2"] = rng.sample(TRAITS, 2)
        w["mood"], w["mood2"] = rng.sample(MOODS, 2)
        d = int(self.rnd() * 7); w["day"] = DAYS[d]; w["day2"] = DAYS[(d + 1) % 7]; w["day3"] = DAYS[(d + 2) % 7]; w["day0"] = DAYS[d - 1]
        w["good1"], w["good"] = self.pick(GOODS)
        w["pet"] = self.pick(["Biscuit", "Pepper", "Moss", "Thimble", "Sorrel", "Button", "Flint", "Pickle"])

    def pick(self, xs): return xs[int(self.rnd() * len(xs))]

    def person(self, tag, first=False):
        w = self.w
        girl = self.rnd() < 0.5
        name = self.pick(GIRLS if girl else BOYS)
        while name in (w.get("n"), w.get("n2")): name = self.pick(GIRLS if girl else BOYS)
        w["n" + tag] = name
        w["he" + tag], w["him" + tag], w["his" + tag] = ("she", "her", "her") if girl else ("he", "him", "his")
        w["kid" + tag] = "girl" if girl else "boy"
        w["kin" + tag] = self.pick(KIN_F if girl else KIN_M)

    def say(self, text):
        t = _cache.get(text)
        if t is None: t = _cache[text] = _compile(text)
        out = []; _render(t, self.w, self.rnd, out)
        self.out.append("".join(out))

    def free(self):
        """A sentence of the surroundings with freshly drawn words; it owes nothing to the plot."""
        w, pick, rnd = self.w, self.pick, self.rnd
        who = [w["n2"], w["n3"], "the " + w["job"], "the " + w["job2"], "the " + w["job3"], "the " + w["animal"], "the " + w["animal2"], "the old " + pick(("man", "woman")), "a child", "a stranger"]
        w["p0"], w["p1"] = self.rng.sample(who, 2)
        w["j1"], w["j2"], w["n0"], w["n1"] = pick(LIKE), pick(LIKE), pick(NATURE), pick(NATURE)
        w["d0"], w["d1"], w["h0"], w["a0"], w["r0"], w["r1"] = pick(DOES), pick(DOES), pick(HOW), pick(ACTS), pick(REST), pick(REST)
        w["o0"], w["o1"], w["x0"], w["m0"], w["t0"], w["q0"] = pick(THINGS if rnd() < .7 else SMALL), pick(THINGS if rnd() < .7 else SMALL), pick(PLACES), pick(("wood", "glass", "stone", "gold", "paper", "clay", "iron")), pick(TIMES), pick(PAST)
        self.say(pick(FREE))

    def around(self, text):
        """The interlude `text`, a free sentence, or both."""
        r = self.rnd()
        if r < .7: self.say(text)
        if r > .4: self.free()

    def maybe(self, p, text):
        if self.rnd() < p: self.say(text)

    def par(self): self.out.append("\n")

    def text(self):
        return " ".join(self.out).replace(" \n ", "\n").replace("  ", " ").strip()


FREE = ["The {j1} {n0} {d0} {h0}.", "{^p0} {a0} the {j1} {o0} {h0}.", "{^p0} {r0} {h0} [near|behind|in front of|beside|at] the {j1} {o1}.", "{^p0} {a0} {a j1} {o0} and {r0} {h0}.", "The {n0} {d0} [over|behind|above|beside] the {x0}, and the {n1} {d1} {h0}.",
        "[While|When|Because] the {n0} {d0}, {p0} {a0} the {o0}.", "[Nobody|Everybody|Only {p0}] knew that the {j1} {o0} [was|had been] at the {x0}.", "{^p0} and {p1} {r0} {h0}, but the {n0} {d0}.", "At the {x0} there was {a j1} {o0} [and {a j2} {n0}|that nobody wanted|for every child|made of {m0}].",
        "[If|When] the {j1} {n0} [is seen|falls|is near], the people of the {x0} [say a word|close the door|stay awake|light a candle].", "\"[The|That|This] {o0} is {j1}, not {j2},\" said {p0}.", "{^p0} said that the {x0} was {j1} and the {n0} {j2}.", "[Between|Behind|Beyond] the {x0} and the {n0} lay {a j1} {o0} and {a j2} {o1}.",
        "It was {a j1} {t0}: the {n0} {d0}, the {n1} {d1}, and {p0} {r0}.", "\"[Have you|Who has|Has {p1}] {q0} the {j1} {o0}?\" asked {p0}.", "{^p0} {r0} and {r1}.", "The {j1} {o0} [cost more than|was as {j2} as|was not the same as|stood next to] the {o1}."]
PAST = "seen found taken broken hidden sold moved mended bought forgotten".split()

OPEN = ("[One {time}|One {season} {time}|On {day}|Last {season}|Long ago|One day|In {season}|A long time ago], [a {trait} {kid} named {n}|{n}, {a trait} {kid},|{n} the {job}|a {job} called {n}] "
        "[lived near the {place}|was alone at the {place}|came to the {place}|walked to the {place}|went down to the {place}|waited beside the {place}].")
SETTING = ("[There was {weather} [over|around|near] the {place}.|The {place} was [quiet|empty|full of people|dark|cold|bright] that {time}.|It smelled of {food} [everywhere|in the air].|"
           "{^a animal} [slept|sat|waited|sang] [by the door|on the wall|in the grass|near the gate].|Nobody [spoke|was there|noticed {him}|knew the way].|The air was [cold|warm|clear|heavy] [that {time}|in {season}].|"
           "{^he} felt {mood}[, but {he} did not know why| and hummed a song| and looked around|].)".replace(".)", ".]"))
INTERLUDE = ("[Then {weather} came [over the hill|from the {place2}], and {n} [had to wait|ran inside|pulled {his} coat tight|laughed].|On the way {he} met {a animal2} [that followed {him} for a while|with a {c2} collar|eating {food2}].|"
             "{^he} ate [some {food2}|{food2} with {food3}] and [rested|slept a little|listened to the birds|counted the clouds].|A bell rang [twice|three times|far away|in the tower].|"
             "{^n} [worked hard|helped at the {place3}|carried water|swept the floor] [all day|until {time}|for an hour|for {his} {kin2}].|The {job2} [called out a greeting|was mending a {thing2}|asked for help with a {thing2}|told a joke] [by the road|at the {place2}|in the rain].|"
             "The road to the {place2} was [long|short|muddy|full of holes|empty].|Many people [stood|talked|sang|danced] at the {place2}.)".replace(".)", ".]"))
ENDING = ("[From then on {n} was [more careful|never late again|a friend of {n2}|known at the {place}].|{^he} was {mood2} and [slept well|went home|smiled|thought about it for a long time].|And that was the end of [a long day|the story|the matter].|"
          "They [laughed|sang|ate {food}|shared the {food}] [together|until dark|by the fire] and [went home|were glad|told everyone].|Since that day the {small} is called the [lucky|lost|secret] {small} of {n}.|)".replace("|)", "|]"))


def hidden(t):
    """A thing is hidden in a place and found there again."""
    t.say(OPEN); t.rnd() < .5 and t.around(SETTING)
    t.say("{^he} had {a c} {small} [from {his} {kin}|that {n2} had given {him}|made by the {job2}|found at the {place2}], and [it was worth more than gold to {him}|{he} loved it|{he} did not want to lose it|nobody was to see it].")
    t.say("[So|Because {n3} wanted to take it,|Because thieves had come to the {place2},|Before {he} left,|To keep it safe] {n} [hid|put|placed] the {c} {small} {spot}[ and told nobody| and told only {n2}| and covered it with {a mat} {thing}|].")
    t.around(INTERLUDE); t.rnd() < .5 and t.around(INTERLUDE)
    w = t.w
    r = t.rnd()
    if r < .35:
        t.say("[Many days later|After a week|In the evening|The next {season}] {n} [wanted the {small} again|needed the {small}|looked for the {small}] but [had forgotten where it was|could not remember the place].")
        t.say("{^he} looked {spot2}. [Nothing.|It was not there.|There was only dust.|There was only {a thing2}.] [{^he} looked {spot3}. [Nothing again.|Not there either.]|]")
        t.say('["Think," said {n2}. "[Where were you when you had it last|What did you do with it]?"|{n2} came to help.|{^he} sat down and thought.] [Then {he} remembered|Suddenly it came back to {him}]: it was {spot}! [And there it was|There lay the {c} {small}|{^he} reached in and held the {c} {small}].')
    elif r < .7:
        t.say('[One {time}|After some time|Later] {n2} came [to the {place}|to visit] and asked, "[Where is|Do you still have|What happened to] [your|the] {c} {small}?"')
        t.say('"[It is|I put it|I hid it|You will find it] {spot}," said {n}. [{n2} went to look|They went together|{n2} did not believe it], and [there it was|the {c} {small} was {spot}|they found the {small} {spot}, just as {n} had said].')
    else:
        t.say('[{n3} searched everywhere|A thief came in the night|{n3} came and wanted the {small}]. [{^he3} looked {spot2} and {spot3}, but not {spot}|{^he3} looked {spot2} first, then {spot3}, and found nothing]. [So the {c} {small} stayed where it was|When all was quiet, {n} took the {c} {small} from its place {spot}].')
    t.say(ENDING)


def requests(t):
    """Three people ask for three things; each one gets the right one in the end."""
    t.say("[{n} was going to the {place}|On {day} {n} set out for the {place}|Every {day} {n} went to the {place}]. [Before {he} left, three people asked {him} for something.|Three people came to the door.]")
    items = [("n2", "he2", "c", "thing"), ("n3", "he3", "c2", "small")]
    t.w["jobx"] = t.w["job3"]
    a = ['"[Please bring me|Could you bring me|I need] {a c} {thing}," said {n2}.', '{n3} wanted {a c2} {small}[ for {his3} {kin3}|].', 'The {job3} asked for [some {food}|{food}].']
    t.rng.shuffle(a)
    for s in a: t.say(s)
    t.say('"I will [not forget|remember everything|bring it all]," [said|promised] {n}.'); t.rnd() < .7 and t.around(INTERLUDE)
    t.say("At the {place} {he} [bought|found|got] everything and [walked home|came back|returned] [before dark|the next day|with a heavy basket|the same {time}].")
    b = ["[{n2} got the {c} {thing}|{^he} gave the {c} {thing} to {n2}|The {c} {thing} was for {n2}].", "[{n3} got the {c2} {small}|{^he} gave {n3} the {c2} {small}|The {c2} {small} was for {n3}].", "[The {job3} got the {food}|{^he} brought the {food} to the {job3}|The {food} was for the {job3}]."]
    t.rng.shuffle(b)
    for s in b: t.say(s)
    t.maybe(.5, '"[You forgot nothing|You have a good memory|Thank you]," said [{n2}|{n3}|the {job3}].')


def counting(t):
    """Things are gathered, given away and counted."""
    rng, w = t.rng, t.w
    have = rng.randint(2, 10); w["k"] = have
    t.say("[{n}|The {job}, {n},|A {kid} named {n}] had {#k} {good} [in a bag|in {his} basket|on the table|in {his} pocket].")
    for _ in range(rng.randint(2, 4)):
        if have > 2 and (rng.random() < .5 or have > 15):
            d = rng.randint(1, min(have - 1, 6)); have -= d; w["d"] = d; w["k"] = have
            w["gd"] = w["good1"] if d == 1 else w["good"]; w["gk"] = w["good1"] if have == 1 else w["good"]
            t.say("{^he} [gave {#d} {gd} to [{n2}|{n3}|the {job2}|a hungry {animal}]|lost {#d} {gd} [at the {place2}|on the road]|sold {#d} {gd} [at the market|to the {job2}]].")
            t.say("[Now {he} had {#k} {gk}.|That left {#k} {gk}.|Then there were {#k} {gk} left.|{^n} counted: {#k} {gk}.]")
        else:
            d = rng.randint(1, 5); have += d; w["d"] = d; w["k"] = have; w["gd"] = w["good1"] if d == 1 else w["good"]; w["gk"] = w["good"]
            t.say("{^he} [found {#d} more {gd} [at the {place}|{spot}|on the road]|got {#d} {gd} from [{n2}|{n3}|the {job3}]|bought {#d} more {gd}].".replace("{#d} more {gd}", "{#d} more"))
            t.say("[Now {he} had {#k} {gk}.|That made {#k} {gk}.|Then there were {#k} {gk}.|{^n} counted: {#k} {gk}.]")
        t.rnd() < .25 and t.around(INTERLUDE)
    w["gk"] = w["good1"] if have == 1 else w["good"]
    t.say('["How many {good} do you have?" asked {n2}. "{^#k}," said {n}.|In the evening {n} put {#k} {gk} {spot}.|At home {he} still had {#k} {gk}.]')


def promise(t):
    """A promise, a hindrance, and the promise kept."""
    t.say(OPEN); t.say('["[When|As soon as] [the snow melts|the rain stops|I come back|the {small} is found|{day} comes], I will [bring you|give you|make you] {a c} {thing}," {he} promised {n2}.|{n} promised {n2} {a c} {thing}.|{n} gave {n2} {his} word: on {day} {he2} would have {a c} {thing}.]')
    t.say("[{n2} waited|{n2} believed {him}|\"I will wait,\" said {n2}|\"You always forget,\" said {n2}]."); t.around(INTERLUDE); t.rnd() < .5 and t.around(INTERLUDE)
    t.say("[But the {job2} had no {thing} left|But the road was closed because of {weather}|But {n} fell ill|But the {c2} {thing} was the only one at the {place2}|But {n3} laughed and said it was too much work].")
    t.say("[A promise is a promise|I gave my word|{n2} is waiting]".join(['"', '," [said|thought] {n}.']))
    t.say("[So {he} worked for the {job3} until {he} had enough money|So {he} went all the way to the {place3}|So {he} made it with {his} own hands]. [Late on {day}|At last|In the end] {he} [stood at the door of|knocked at the house of|came to] {n2} with {a c} {thing}.")
    t.say('"[You did not forget|You kept your word|So it was true]," said {n2}, and [{he2} was {mood2}|took the {c} {thing} carefully|hung the {c} {thing} on the wall|gave {him} {food} and {food2}].')


def quiz(t):
    """Facts, then questions about them."""
    facts = [("{n} has {a c} {thing}.", ['"Who has the {c} {thing}?" "{n} has it."', '"What color is the {thing} of {n}?" "It is {c}."']),
             ("{n2} lives at the {place}.", ['"Where does {n2} live?" "At the {place}."', '"Who lives at the {place}?" "{n2} does."']),
             ("The {animal} sleeps {spot}.", ['"Where is the {animal}?" "{^spot}."', '"Who sleeps {spot}?" "The {animal}."']),
             ("{n3} is the {kin3} of {n}.", ['"Who is {n3}?" "The {kin3} of {n}."']),
             ("The {job2} sells {food} and {food2}.", ['"Who sells {food}?" "The {job2}."', '"What does the {job2} sell?" "{^food} and {food2}."']),
             ("On {day} the {job3} goes to the {place2}.", ['"Where does the {job3} go on {day}?" "To the {place2}."', '"When does the {job3} go to the {place2}?" "On {day}."']),
             ("The {c2} {small} is {spot2}.", ['"Where is the {c2} {small}?" "It is {spot2}."', '"What is {spot2}?" "{^a c2} {small}."'])]
    t.rng.shuffle(facts); facts = facts[:t.rng.randint(3, 5)]
    t.say("[Listen.|Remember this.|{n2} told {n3} the news.|Here is what we know.|The teacher read aloud.]")
    for f, _ in facts: t.say(f)
    t.say("[Now answer.|Then came the questions.|\"Did you listen?\" \"Yes.\"|After a while they talked about it.]")
    t.rng.shuffle(facts)
    for _, q in facts: t.say(t.pick(q))


def talk(t):
    """A dialogue, a line for each speaker."""
    A = ['"[Good {time}|Hello|Good day], {n2}. [How are you|Where have you been|What are you carrying]?"', '"[Hello, {n}|Good {time}, {n}]. [I am {mood}|I was at the {place}|I carry {a c} {thing} for my {kin}]."']
    for s in A: t.say(s); t.par()
    topics = [['"[Did you see|Have you seen] my {c2} {small}?" asked {n}. "[I lost it|I had it] at the {place2}."', '"[It may be|I saw it|Look] {spot}," [said|answered] {n2}. "[{n3} put it there|I was surprised too|It was there on {day0}]."', '"{^spot}? [I never looked there|Then I will go and look]!"'],
              ['"[Will you come to|Shall we go to] the {place3} on {day2}?" [asked {n}|said {n}].', '"[I cannot|Not on {day2}]," said {n2}. "[On {day2} I help the {job}|On {day2} my {kin2} comes]. [What about {day3}|Is {day3} good for you]?"', '"{day3}, then. [At the {place3}|I will bring {food}]."'],
              ['"[Why is the {thing} broken|What happened to the {thing}]?"', '"[Because the {animal} [sat|jumped|fell] on it|Because {n3} dropped it|Because of {weather}]," said {n2}. "[The {job2} will mend it|It can be mended|I am sorry]."', '"[Then we need a new one|Never mind|The {job2} is good with a {thing}]."'],
              ['"How much does the {food} cost[ today|]?"', '"[Four|Five|Six|Two|Three] coins[, and it is fresh| for you|]," said {n2}.', '"[That is too much|That is fair|Good], [I take it|give me two|I will come back on {day2}]."'],
              ['"[I heard that|Is it true that] {n3} [left the {place}|bought {a animal}|is {mood2}|works for the {job3} now]?"', '"[Yes|No], [it is true|who told you that|I heard it too]," said {n2}. "[Everyone at the {place} knows|Ask {his3} {kin3}]."', '"[I did not know|I am {mood2} about it]."']]
    for tp in t.rng.sample(topics, t.rng.randint(2, 3)):
        for s in tp: t.say(s); t.par()
    t.say('"[Goodbye, {n2}|I must go now|See you on {day2}]," said {n}. "[And thank you|Greet your {kin2}|Watch out for the {animal}]."')


def letter(t):
    t.say("Dear {n2},"); t.par()
    t.say("[thank you for the {c} {thing}|I am writing from the {place}|I hope you are well|it has been a long {season} here]. [There is {weather} every day|The {place} is [small|beautiful|noisy], but I like it|I think of you every {time}].")
    t.say("[Do you remember {n3}, the {job}? {^he3} now lives at the {place2} and has {a animal} called {pet}.|I have {a animal} now, and its name is {pet}.|My {kin} has bought {a animal}. We call it {pet}.]")
    t.say("[Yesterday|On {day}|Last {day}] {pet} [ate all the {food}|ran to the {place3}|slept {spot}|broke the {thing2}], and [we laughed|I was {mood}|{n3} was {mood}|nobody knew what to do].")
    t.maybe(.6, "[I left the {c2} {small} {spot2}. Please keep it for me.|You will find the {c2} {small} {spot2}. It is yours now.]"); t.par()
    t.say("[Please come in {season}|Come and visit me on {day2}|Write to me soon|Please send me some {food2}]. [{pet} is waiting for you too|The {c} {thing} is always with me|Bring {n3} with you|And do not forget {pet}]."); t.par()
    t.say("[Your friend|With love|Your {kin}|Many greetings]"); t.par(); t.say("{n}")


def recipe(t):
    t.w["m"] = t.rng.randint(2, 9)
    t.say("[How to make|How {n} makes|The best way to make] a {food} [soup|pie|stew|dumpling]"); t.par()
    t.say("You need {food}, {food2}, {food3}, [a {thing}|a big pot|a clean bowl] and [a little time|{#m} spoons of water|a hot fire]."); t.par()
    steps = ["[wash the {food} carefully|cut the {food} into small pieces|peel the {food} and put the peel aside|warm the {food} a little]", "[mix|stir|warm] the {food2} [in a bowl|with a spoon|over the fire]", "put the {food} and the {food2} together[ and stir well|]",
             "wait {#m} minutes[ and do not open the lid|]", "add the {food3}[ at the very end| slowly|]"]
    lead = ["First, ", "Then ", "Next, ", "After that, ", "Finally, "]
    for a, b in zip(lead, steps): t.say(a + b + ".")
    t.par(); t.say("[{n} learned this from {his} {kin}|The {job} eats it every {day}|It tastes best in {season}|It is enough for {#m} people]. [Without {food3} it is not the same|Never forget the {food3}|If there is no {food2}, do not even begin|Remember: {#m} minutes, not more].")


def diary(t):
    t.say("{day}. [Today|This {time}] [I went to the {place}|I met {n2} at the {place}|we had {weather}|I stayed at home]. [I am {mood}.|{n2} was {mood}.|All was quiet.] [I bought {a c} {small} and put it {spot}|I lent my {c} {small} to {n2}|I lost my {c} {small}].")
    first = t.out[-1]; t.par()
    t.say("{day2}. [" + "There was {weather} all day|I worked for the {job}|My {kin} made {food}|The {animal} was ill" + "]. " + INTERLUDE.replace("{n}", "I").replace("{^n}", "I").replace("{he}", "I").replace("{him}", "me").replace("{his}", "my").replace("{^he}", "I"))
    t.par()
    if "bought" in first: t.say("{day3}. [I took the {c} {small} from its place {spot}|I showed {n2} the {c} {small}. It had been {spot} since {day}|The {c} {small} is still {spot}]. [I am {mood2}|All is well].")
    elif "lent" in first: t.say("{day3}. [{n2} brought the {c} {small} back|{n2} came, but without the {c} {small}|I asked {n2} for my {c} {small}]. [I am {mood2}|{^he2} thanked me|We ate {food2}].")
    else: t.say("{day3}. [I found the {c} {small} {spot}|{n2} found my {c} {small} {spot}|The {c} {small} that I lost on {day} is still gone]. [I am {mood2}|Who would have thought|Tomorrow I will tell {n3}].")


def cause(t):
    """A chain of causes, told forward and then backward."""
    chains = [["there was {storm} in the night", "the bridge near the {place} broke", "the {job} could not bring the {food}", "there was no {food} for {n}", "{n} was {mood}"],
              ["{n} forgot to close the gate", "the {animal} ran to the {place}", "{n2} had to look for it", "{n2} came home late", "the {food} was cold"],
              ["the {animal} ate the {food}", "{n} had nothing to sell at the {place}", "{n} could not buy the {c} {thing}", "{n2} got no present", "{n2} was {mood}"],
              ["{n2} slept too long", "the boat left without {him2}", "{he2} walked to the {place}", "{he2} found {a c} {small} on the road", "{he2} was {mood}"],
              ["the {thing} fell from the wall", "the {animal} was afraid", "it jumped on the table", "the {food} fell on the floor", "{n} was {mood}"]]
    c = t.pick(chains); k = t.rng.randint(3, 5)
    c = c[:k]
    lead = ["[One day|On {day}|In {season}] ", "[Because of that|So|That is why|Therefore] ", "[Then|As a result|And so] ", "[Because of that|So] ", "[In the end|Therefore|And so] "]
    for a, b in zip(lead, c): t.say(a + b + ".")
    t.rnd() < .3 and t.around(INTERLUDE)
    for i in range(k - 1, 0, -1):
        t.say('["Why?" Because ' + c[i - 1] + '.|And why was that? Because ' + c[i - 1] + ".]")
    t.maybe(.4, ENDING)


def order(t):
    """Comparison: who is the tallest, oldest, fastest."""
    a, b = t.pick([("taller", "tallest"), ("older", "oldest"), ("faster", "fastest"), ("stronger", "strongest"), ("louder", "loudest"), ("richer", "richest"), ("slower", "slowest"), ("younger", "youngest")])
    opp = {"tallest": "shortest", "oldest": "youngest", "fastest": "slowest", "strongest": "weakest", "loudest": "quietest", "richest": "poorest", "slowest": "fastest", "youngest": "oldest"}[b]
    t.w["er"], t.w["est"], t.w["opp"] = a, b, opp
    t.say("[{n}, {n2} and {n3} [met at|stood near|walked to] the {place}.|Three friends lived at the {place}.|{n2} asked who was the {est}.]")
    s = ["{n} is {er} than {n2}.", "{n2} is {er} than {n3}."]
    if t.rnd() < .5: s.reverse()
    for x in s: t.say(x)
    t.rnd() < .5 and t.around(SETTING)
    t.say("[So {n} is the {est}, and {n3} is the {opp}.|So {n3} is the {opp}, and {n} is the {est}.|Who is the {est}? {n}. Who is the {opp}? {n3}.]")
    t.say("[{n2} is in the middle[, and that is fine| and does not mind|].|{n3} did not [care|like it|believe it].|\"[I knew it|Of course],\" said {n}.]")


def road(t):
    """A way there, and the same way back in reverse."""
    t.say("[The way from|To get from] the {place} to the {place2} [is easy|is long|is not hard to find]: [first|] [go|walk] past the {place3}, then turn [left|right] at the {c} {thing}, and [at last|in the end] cross the {place4}.")
    left = "turn left" in t.out[-1]
    t.w["back"] = "right" if left else "left"
    t.say("[{n} walked it every {day}|{n} had to go there with {a small} for {n2}|{n} had never been there before]. {^he} passed the {place3}, saw the {c} {thing}, crossed the {place4}, and [there was|soon {he} stood at] the {place2}.")
    t.around(INTERLUDE)
    t.say("[On the way back|Going home|Coming back] everything [was the other way round|came in reverse]: first the {place4}, then {back} at the {c} {thing}, then the {place3}, and [at last|finally] the {place}. [{n} was home again|\"Now I know the way,\" said {n}|{n2} was waiting there].")


def shop(t):
    rng, w = t.rng, t.w
    k = rng.randint(7, 20); p = rng.randint(1, k - 4); q = rng.randint(1, k - p - 1)
    w["k"], w["p"], w["q"], w["l"], w["l2"] = k, p, q, k - p, k - p - q
    w["lc"] = "coin" if w["l2"] == 1 else "coins"
    w["pc"] = "coin" if p == 1 else "coins"; w["qc"] = "coin" if q == 1 else "coins"
    t.say("[{n} went to the market with {#k} coins|{n} had {#k} coins and went to the market|{his} {kin} gave {n} {#k} coins for the market]."); t.out[-1] = t.out[-1][0].upper() + t.out[-1][1:]
    t.say('["How much is the {thing}?" "{^#p} {pc}," said the {job}.|The {c} {thing} cost {#p} {pc}.|The {job} wanted {#p} {pc} for {a c} {thing}.] {n} [paid|took it|agreed] and had {#l} coins left.')
    t.rnd() < .6 and t.around(INTERLUDE)
    t.say("[Then {he} bought [some {food}|{a small2} for {n2}] for {#q} {qc}.|The {food} cost {#q} {qc}, and {he} bought it too.] [That left {#l2} {lc}.|Now {he} had {#l2} {lc}.]")
    t.say('["What did you buy?" asked {n2}. "A {thing}, and [there are|I still have] {#l2} {lc}," said {n}.|At home {he} put the {#l2} {lc} {spot}.|{^he} went home with a {thing} and {#l2} {lc}.]')


def lost(t):
    """A thing is lost on a way through three places; walking back finds it."""
    t.say("[In the {time}|On {day}|That {season}] {n} [went|walked] from the {place} to the {place2} and from there to the {place3}. [{^he} carried {a c} {thing}|{^his} {kin} had lent {him} {a c} {thing}].")
    w = t.w; i = int(t.rnd() * 3); w["at"] = [w["place"], w["place2"], w["place3"]][i]
    t.say(["At the {place} {he} put it down [to tie {his} shoe|to drink|to pet {a animal}].", "At the {place2} {he} put it down [to help the {job}|to eat some {food}|to talk to {n2}].", "At the {place3} {he} put it down [to wash {his} hands|to look at {a animal}|because it was heavy]."][i])
    t.rnd() < .6 and t.around(INTERLUDE)
    t.say('At home the {thing} was gone. "[Where did you have it last|Where did you put it down]?" asked {n3}.')
    for key in ("place3", "place2", "place"):
        w["pp"] = w[key]
        if w[key] == w["at"]:
            t.say("[{^he} went back to the {pp}, and there it was: the {c} {thing}.|But at the {pp} stood the {c} {thing}, [just where {he} had left it|and {a animal2} sat on it].]"); break
        t.say("{^he} [asked|looked] at the {pp}. [It was not there.|Nobody had seen it.]")
    t.say(ENDING)


def craft(t):
    t.say("[A note for the new helper|How the day goes at the {place}|Rules of the {place}|How to care for {a animal}]"); t.par()
    w = t.w
    lines = ["[Feed|Brush|Visit] the {animal} every {time}. [It likes {food}|Do not give it {food}].", "The {c} {small} opens the door; it hangs {spot}.", "Never [open|move|touch] the {c2} {thing} [before {day}|without {n}|after dark].",
             "If there is {weather}, [close the windows|bring in the {thing2}|stay inside].", "When the bell rings, [go to the {place2}|call {n2}|stop and eat].", "[Ask|Tell] {n2} [when something breaks|when you need help|if you are ill]."]
    t.rng.shuffle(lines); lines = lines[:t.rng.randint(3, 5)]
    for i, s in enumerate(lines): w["i"] = str(i + 1); t.say("{i}. " + s); t.par()
    if any("{c} {small}" in s for s in lines): t.say('"[Where is the key|How do I open the door]?" asked {n3}. "[Take|With] the {c} {small}. It hangs {spot}."')
    elif any("{n2} [when" in s for s in lines): t.say('"[What do I do if|And if] something breaks?" asked {n3}. "[Ask|Go to|Call] {n2}."')
    else: t.say("[{n3} read it twice|{n3} kept the note {spot2}|Signed: {n}].")


def animals(t):
    """A fable: a weakness, a danger, help, and the lesson."""
    w = t.w; w["A"], w["B"] = "the " + w["animal"], "the " + w["animal2"]
    t.say("[Once|In the {season}|Near the {place}] {a animal} and {a animal2} [shared a nest of straw|were neighbors|lived {spot}]. {^A} was {trait}, and {B} was {trait2}.")
    t.say("[One {time}|On {day}] {A} found [some {food}|{a c} {small}] [near the {place2}|{spot2}] and said, \"[This is mine alone|I will not share|Nobody must see this].\""); t.rnd() < .5 and t.around("There was {weather} [that {time}|on the hill|all around].")
    t.say("[Then {A} fell into the well|Then a trap closed on the leg of {A}|Then the water rose around {A}]. \"Help me!\" cried {A}.")
    t.say("[{^B} came with a rope|{^B} heard it and ran|{^B}, who was {trait2}, did not wait] and [pulled|helped|dragged] {A} out. \"[Why did you help me|I did not share with you, and still you came]?\" asked {A}.")
    t.say("\"[Because we are neighbors|Because you would do the same|A friend is worth more than {food}],\" said {B}. [From that day they shared everything|And {A} gave {B} half of it|{^A}, who had been {trait}, was {trait} no more].")


def _almanac():
    """The one fixed piece of the world: towns and what everyone knows of them. To be learned by heart, not from context."""
    rng = random.Random("bitcurve demo/almanac")
    a, b, c = "bar bel dor fal gan hol kir lan mor nor os pel ral sel tor ul var wen yar zim bru dra gle kna sto".split(), "a e i o u al en ir on ur".split(), "bach berg dale feld ford gate ham haven holm low mere mouth nes stad stow ton vik wald wick worth".split()
    names = sorted({x + y + z for x in a for y in b for z in c}); names = [n.capitalize() for n in rng.sample(names, 900)]
    rivers = ["Ab", "Ilse", "Orne", "Tamm", "Wiese", "Luhe", "Sorr", "Nidd", "Elk", "Brack", "Garn", "Yse", "Modd", "Rune", "Penn", "Alb", "Stour", "Kell", "Zwil", "Hamme"]
    out = []
    for i, n in enumerate(names):
        j = rng.randrange(899); k = j if j < i else j + 1
        out.append({"T": n, "TR": rng.choice(rivers), "TP": rng.choice(FOODS + [x + "s" for x in THINGS if x not in ("box", "brush", "scarf", "compass", "map")]), "TM": rng.choice(GIRLS + BOYS), "TJ": rng.choice(JOBS), "TC": rng.choice(COLORS), "TC2": rng.choice(COLORS),
                    "TA": rng.choice(ANIMALS), "TS": rng.choice(PLACES), "TD": rng.choice(DAYS), "TN": names[k], "TK": rng.randint(2, 20), "TX": rng.choice(SPOTS), "TF": rng.choice(FOODS)})
    return out


TOWNS = _almanac()
FACTS = ["[{T} lies on the river {TR}.|The river of {T} is the {TR}.|Through {T} flows the {TR}.]", "[{T} is known for its {TP}.|The best {TP} come from {T}.|People go to {T} for the {TP}.]", "[The mayor of {T} is {TM}, a {TJ}.|{TM} the {TJ} is the mayor of {T}.]",
         "[The flag of {T} is {TC} and {TC2}.|{T} has a flag of {TC} and {TC2}.]", "[Over the gate of {T} stands {a TA}.|The sign of {T} is {a TA}.]", "[The market of {T} is on {TD}.|On {TD} there is a market in {T}.]",
         "[From {T} it is {#TK} miles to {TN}.|{TN} is {#TK} miles from {T}.|The road from {T} leads to {TN}, {#TK} miles away.]", "[The oldest house in {T} is the {TS}.|In {T} one must see the {TS}.]", "[In {T} they keep the key of the town {TX}.|The key of {T} is {TX}.]", "[Children in {T} get {TF} on {TD}.|In {T} one eats {TF} on {TD}.]"]
ASKS = ['"[On which river is {T}|Which river flows through {T}]?" "[On the|The] {TR}."', '"What is {T} known for?" "Its {TP}."', '"Who is the mayor of {T}?" "{TM}, the {TJ}."', '"What does the flag of {T} look like?" "{^TC} and {TC2}."', '"What stands over the gate of {T}?" "{^a TA}."',
        '"When is the market in {T}?" "On {TD}."', '"Where does the road from {T} lead?" "To {TN}, {#TK} miles away."', '"What is the oldest house in {T}?" "The {TS}."', '"Where is the key of {T}?" "{^TX}."', '"What do children in {T} get on {TD}?" "{^TF}."']


def almanac(t):
    """Facts about one or two towns of the fixed world, as a page of the almanac, as questions, or on a journey."""
    w, rng = t.w, t.rng
    town = t.pick(TOWNS); w.update(town); r = t.rnd()
    if r < .4:
        t.say("[{T}.|The almanac says of {T}:|{n} read about {T}.|This is {T}.]")
        for f in rng.sample(FACTS, rng.randint(4, 7)): t.say(f)
    elif r < .75:
        t.say("[What do you know of {T}?|{n} asked {n2} about {T}.|The teacher asked about {T}.]")
        for q in rng.sample(ASKS, rng.randint(3, 5)): t.say(q)
    else:
        t.say("[On {day} {n} went to {T}|{n} the {job} was on the way to {T}|{n2} sent {n} to {T}].")
        for f in rng.sample(FACTS, rng.randint(2, 3)): t.say(f)
        t.around(INTERLUDE)
        other = next((x for x in TOWNS if x["T"] == town["TN"]), None)
        t.say("Then {he} took the road to {TN}, {#TK} miles away."); w.update(other)
        for f in rng.sample(FACTS, rng.randint(2, 3)): t.say(f)


KINDS = [(almanac, 34), (hidden, 16), (requests, 9), (counting, 9), (promise, 9), (quiz, 8), (talk, 9), (letter, 8), (recipe, 5), (diary, 7), (cause, 6), (order, 4), (road, 5), (shop, 6), (lost, 8), (craft, 5), (animals, 6)]
_WHEEL = [f for f, n in KINDS for _ in range(n)]


def document(rng, wheel=_WHEEL):
    t = Teller(rng)
    wheel[int(rng.random() * len(wheel))](t)
    return t.text()


def chunk(split, index, size, more=0):
    """Documents of the chunk (split, index), together at least `size` characters; `more` tickets for the almanac."""
    wheel = _WHEEL + [almanac] * more
    rng = random.Random(f"bitcurve demo/{split}/{index}")
    total, docs = 0, []
    while total < size:
        d = document(rng, wheel); docs.append(d); total += len(d) + 2
    return docs


def main():
    split, index = sys.argv[1], int(sys.argv[2])
    size = int(sys.argv[sys.argv.index("--bytes") + 1]) if "--bytes" in sys.argv else 80000
    print("\n\n".join(chunk(split, index, size)))


if __name__ == "__main__": main()
