"""English, German and Dutch."""

from __future__ import annotations

from app.core.clause_rules import ClauseRules, VerbBracket
from app.core.clause_words.word_lists import SIGNS, words

ENGLISH = ClauseRules(
    language="en",
    openers=words(
        "and or but nor so because although though while when where if that which who whose unless until since "
        "whereas whether then as before after once why how what however whom"
    ),
    phrase_starters=words(
        "a an the this that these those my your his her its our their each every some any no another "
        "of in on at to from for with without by about into onto over under between through during against "
        "across around behind near towards per via"
    ),
    unfinished=words(
        "not never don't doesn't didn't can't couldn't won't wouldn't isn't aren't wasn't weren't haven't hasn't "
        "hadn't shouldn't i he she we they you it i'm you're he's she's it's we're they're i've you've we've they've "
        "i'd you'd we'd i'll you'll we'll he'll she'll is are was were be been am have has had do does did can could "
        "will would shall should may might must very more less too only just number called"
    ),
    titles=words("mr mrs ms dr prof st no ext"),
    number_parts=words(
        "zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand "
        "thousands million millions billion first second third fourth fifth sixth seventh eighth ninth tenth "
        "eleventh twelfth thirteenth twentieth thirtieth half quarter double triple"
    ),
    span_words=words(
        "january february march april may june july august september october november december "
        "monday tuesday wednesday thursday friday saturday sunday euro euros dollar dollars pound pounds cent cents "
        "pence hour hours minute minutes o'clock am pm a.m p.m morning afternoon evening kilo kilos metre metres "
        "meter meters kilometre kilometres mile miles percent point dot dash hyphen slash underscore at-sign "
        "alpha bravo charlie delta echo foxtrot golf hotel india juliet lima mike november oscar papa quebec romeo "
        "sierra tango uniform victor whiskey zulu",
        SIGNS,
    ),
    span_links=words("and of the at point dot dash to in for as past"),
    letter_words=words("a i"),
    answers=words(
        "yes yeah yep no nope ok okay sure right correct exactly fine good great thanks hello hi goodbye bye alright"
    ),
    fillers=words("uh um er erm hmm mm mhm ah oh well"),
)

GERMAN = ClauseRules(
    language="de",
    openers=words(
        "und oder aber denn sondern weil dass ob wenn als obwohl damit während bevor nachdem sobald solange falls "
        "deshalb deswegen trotzdem außerdem dann wo wer wie warum was wann sodass also"
    ),
    phrase_starters=words(
        "der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner mein meine meinen "
        "meinem meiner dein deine sein seine seinen ihr ihre ihren ihrem ihrer unser unsere unseren dieser diese "
        "dieses diesen diesem jeder jede jedes jeden alle welche welcher welches in im ins an am ans auf aus bei beim "
        "mit nach von vom vor zu zum zur über unter um für durch gegen ohne seit bis zwischen wegen"
    ),
    unfinished=words(
        "nicht nie noch ich du er sie es wir man sich mir mich uns ihm ihn ihnen bin bist ist sind seid war waren habe "
        "hast hat haben hatte hatten wird werde werden wurde kann können muss müssen will wollen möchte möchten soll "
        "sollen darf dürfen könnte würde sehr mehr zu so nummer heiße"
    ),
    titles=words("hr fr dr prof nr st str bzw ca z b d h"),
    number_parts=words(
        "null ein eins eine zwei zwo drei vier fünf sechs sech sieben sieb acht neun zehn elf zwölf zwanzig dreißig "
        "dreissig vierzig fünfzig sechzig siebzig achtzig neunzig und hundert tausend million millionen erste ersten "
        "erster zweite zweiten dritte dritten vierte vierten fünfte fünften ten sten ter ster te halb halbe viertel "
        "dreiviertel"
    ),
    span_words=words(
        "januar jänner februar märz april mai juni juli august september oktober november dezember montag dienstag "
        "mittwoch donnerstag freitag samstag sonnabend sonntag euro euros dollar cent franken pfund uhr stunde stunden "
        "minute minuten morgens vormittags nachmittags abends kilo kilogramm meter kilometer prozent komma punkt "
        "bindestrich minus strich klammeraffe schrägstrich",
        SIGNS,
    ),
    span_links=words("und komma punkt um der den vor nach wie"),
    answers=words("ja nein doch gut okay ok genau richtig klar danke bitte hallo stimmt tschüss jawohl"),
    fillers=words("äh ähm hm mm also naja tja ah oh"),
    bracket=VerbBracket(
        openers=words(
            "bin bist ist sind seid war warst waren wart habe hast hat haben habt hatte hatten wird werde wirst werden "
            "werdet wurde wurden würde würden kann kannst können könnt könnte könnten muss musst müssen müsst müsste "
            "will willst wollen wollt wollte möchte möchtest möchten soll sollst sollen sollt sollte sollten darf "
            "dürfen dürfte weil dass ob wenn obwohl damit während bevor nachdem sobald solange falls sodass "
            "rufe ruft rufst schicke schickt gebe gibt komme kommt nehme nimmt hole holt melde meldet stelle stellt "
            "mache macht lege legt"
        ),
        prefixes=words("ab an auf aus bei ein fest her hin los mit nach vor weg weiter zu zurück zusammen"),
        verb_pattern=r"ge[a-zäöüß]+(?:t|en)|[a-zäöüß]*(?:iert|ern|eln)|[a-zäöüß]{2,}en|[a-zäöüß]{2,}t",
        not_verbs=words(
            "den einen keinen meinen deinen seinen ihren unseren diesen jeden allen welchen ihnen denen wegen gegen "
            "gestern morgen heute nicht mit seit fast erst jetzt sonst zuletzt selbst neben zwischen unten oben "
            "sehr neuen alten ersten zweiten dritten letzten nächsten zehn sieben laut dort schlecht recht leicht "
            "vielleicht gut bitten gern sondern andern spät oft weit echt direkt meist"
        ),
    ),
)

DUTCH = ClauseRules(
    language="nl",
    openers=words(
        "en of maar want dus omdat dat als toen wanneer hoewel terwijl voordat nadat zodra zolang die waar wie wat "
        "zodat daarom dan"
    ),
    phrase_starters=words(
        "de het een deze dit die dat mijn jouw uw zijn haar ons onze hun elke elk alle geen in op aan uit bij met naar "
        "van voor over onder om door tegen zonder sinds tot tussen te"
    ),
    unfinished=words(
        "niet nooit nog ik jij je u hij zij ze wij we jullie men zich me mij ben bent is zijn was waren heb hebt heeft "
        "hebben had hadden word wordt worden werd kan kunnen moet moeten wil willen zal zullen zou mag mogen heel zeer "
        "meer nummer"
    ),
    titles=words("dhr mevr dr prof nr st mw"),
    number_parts=words(
        "nul een één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien "
        "zeventien achttien negentien twintig dertig veertig vijftig zestig zeventig tachtig negentig en ën honderd "
        "duizend miljoen eerste tweede derde vierde vijfde half halve kwart"
    ),
    span_words=words(
        "januari februari maart april mei juni juli augustus september oktober november december maandag dinsdag "
        "woensdag donderdag vrijdag zaterdag zondag euro euros dollar cent uur minuut minuten kilo meter kilometer "
        "procent komma punt streepje apenstaartje schuine",
        SIGNS,
    ),
    span_links=words("en komma punt om voor over"),
    letter_words=words("u"),
    answers=words("ja nee goed oké ok okay precies klopt bedankt dank hallo dag prima zeker"),
    fillers=words("eh uh ehm nou hm mm ah oh dus"),
    bracket=VerbBracket(
        openers=words(
            "ben bent is was waren heb hebt heeft hebben had hadden word wordt worden werd werden kan kunt kunnen kon "
            "moet moeten moest wil wilt willen wilde zal zullen zou zouden mag mogen omdat als toen wanneer hoewel "
            "terwijl voordat nadat zodra zodat"
        ),
        prefixes=words("af mee terug weg door toe heen neer samen"),
        verb_pattern=r"ge[a-zë]+(?:t|d|en)|[a-zë]{3,}en|[a-zë]{3,}eerd",
        not_verbs=words(
            "een geen zeven negen tegen tussen gisteren morgen mijnen samen alleen buiten binnen boven beneden"
        ),
    ),
)
